{{/* Certificates and token: who makes them, and what they are of. */}}

{{/* What this chart's own program makes: "certificates token", or one of them, or nothing. */}}
{{- define "tributary.madeHere" -}}
{{- $made := list -}}
{{- if eq .Values.tls.mode "self-made" -}}{{- $made = append $made "certificates" -}}{{- end -}}
{{- if and (ne .Values.tls.mode "off") (not .Values.token.existingSecret) -}}{{- $made = append $made "token" -}}{{- end -}}
{{- join " " $made -}}
{{- end -}}

{{/* Names by which people and Prometheus reach a tier over HTTPS, as a list in JSON: (list . tier) */}}
{{- define "tributary.hosts" -}}
{{- $root := index . 0 -}}
{{- $name := include "tributary.name" . -}}
{{- $inside := printf "%s.%s.svc" $name $root.Release.Namespace -}}
{{- $hosts := list $name $inside (printf "%s.%s" $inside $root.Values.clusterDomain) -}}
{{- if eq (index . 1) "proxy" -}}
{{- $hosts = concat $hosts $root.Values.tls.proxyHosts -}}
{{- with $root.Values.proxies.ingress }}{{ if .enabled }}{{ $hosts = append $hosts .host }}{{ end }}{{ end -}}
{{- end -}}
{{- $hosts | uniq | toJson -}}
{{- end -}}

{{- define "tributary.tiers" -}}
{{- $tiers := list -}}
{{- if .Values.agents.enabled -}}{{- $tiers = append $tiers "agent" -}}{{- end -}}
{{- if .Values.proxies.enabled -}}{{- $tiers = append $tiers "proxy" -}}{{- end -}}
{{- if .Values.globals.enabled -}}{{- $tiers = append $tiers "global" -}}{{- end -}}
{{- toJson $tiers -}}
{{- end -}}

{{/* Who may keep the Secrets: (list . name annotations) */}}
{{- define "tributary.setup.rights" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $metadata := include "tributary.metadata" (list $root "setup" $name (index . 2)) -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- $metadata | nindent 2 }}
automountServiceAccountToken: false
{{- if $root.Values.rbac.create }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  {{- $metadata | nindent 2 }}
rules:
  # What is to be made has no name yet that a rule could tell.
  - apiGroups: [""]
    resources: [secrets]
    verbs: [create]
  - apiGroups: [""]
    resources: [secrets]
    resourceNames:
      {{- if contains "certificates" (include "tributary.madeHere" $root) }}
      - {{ include "tributary.name" (list $root "ca") }}
      {{- range include "tributary.tiers" $root | fromJsonArray }}
      - {{ include "tributary.tlsSecret" (list $root .) }}
      {{- end }}
      {{- end }}
      {{- if contains "token" (include "tributary.madeHere" $root) }}
      - {{ include "tributary.tokenSecret" $root }}
      {{- end }}
    verbs: [get, patch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- $metadata | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ $name }}
subjects:
  - kind: ServiceAccount
    name: {{ $name }}
    namespace: {{ $root.Release.Namespace }}
{{- end }}
{{- end -}}

{{/* The pod that makes them: (list . serviceAccountName) */}}
{{- define "tributary.setup.pod" -}}
{{- $root := index . 0 -}}
metadata:
  labels:
    {{- include "tributary.labels" (list $root "setup") | nindent 4 }}
spec:
  {{- include "tributary.pod" $root | nindent 2 }}
  serviceAccountName: {{ index . 1 }}
  automountServiceAccountToken: true
  restartPolicy: OnFailure
  containers:
    - name: setup
      {{- include "tributary.container" $root | nindent 6 }}
      command:
        - tributary
        - secrets
        - {{ include "tributary.fullname" $root }}
        {{- if contains "certificates" (include "tributary.madeHere" $root) }}
        - --cluster={{ default "tributary" $root.Values.config.cluster }}
        {{- range include "tributary.tiers" $root | fromJsonArray }}
        - --{{ . }}-hosts={{ include "tributary.hosts" (list $root .) | fromJsonArray | join "," }}
        {{- end }}
        - --days={{ $root.Values.tls.days }}
        - --renew-before={{ $root.Values.tls.renewBeforeDays }}
        {{- end }}
        {{- if contains "token" (include "tributary.madeHere" $root) }}
        - --token={{ $root.Values.token.key }}
        {{- end }}
      resources:
        {{- include "tributary.resources" $root.Values.setup.resources | nindent 8 }}
      volumeMounts:
        - name: work
          mountPath: /tmp
  volumes:
    - name: work
      emptyDir:
        medium: Memory
        sizeLimit: 1Mi
{{- end -}}
