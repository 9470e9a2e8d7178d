{{/* Whether agents ask the API server: only where they are told to find proxies there. */}}
{{- define "tributary.agent.asksApi" -}}
{{- $out := dict -}}{{- include "tributary.agent.settings" (list . $out) -}}
{{- $discover := default (dict) (default (dict) $out.result.forward).discover -}}
{{- default (dict) $discover.kubernetes | dig "service" "" | empty | not -}}
{{- end -}}

{{/* Whether proxies do. */}}
{{- define "tributary.proxy.asksApi" -}}
{{- $out := dict -}}{{- include "tributary.proxy.settings" (list . $out) -}}
{{- $out.result.globals.kubernetes | default (dict) | dig "service" "" | empty | not -}}
{{- end -}}

{{/* Role and binding to watch EndpointSlices: (list . tier values namespace) */}}
{{- define "tributary.watchesEndpoints" -}}
{{- $root := index . 0 }}
{{- $tier := index . 1 }}
{{- $name := printf "%s-endpoints" (include "tributary.name" (list $root $tier)) }}
{{- $namespace := default $root.Release.Namespace (index . 3) }}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $name }}
  namespace: {{ $namespace }}
  labels:
    {{- include "tributary.labels" (list $root $tier) | nindent 4 }}
rules:
  - apiGroups: [discovery.k8s.io]
    resources: [endpointslices]
    verbs: [get, list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $name }}
  namespace: {{ $namespace }}
  labels:
    {{- include "tributary.labels" (list $root $tier) | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ $name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "tributary.serviceAccountName" (list $root $tier (index . 2)) }}
    namespace: {{ $root.Release.Namespace }}
{{- end -}}
