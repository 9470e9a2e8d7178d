{{/* The configuration of each program: the values' own keys, then what the chart sets, then those of every program. */}}

{{/* Puts what a map has, and another lacks or has as null, into that: (list into from). Prints nothing. */}}
{{- define "tributary.fill" -}}
{{- $into := index . 0 -}}
{{- range $key, $value := index . 1 -}}
{{- $there := dict "value" nil -}}
{{- if hasKey $into $key -}}{{- $_ := set $there "value" (index $into $key) -}}{{- end -}}
{{- if kindIs "map" $value -}}
{{- if kindIs "invalid" $there.value -}}{{- $_ := set $into $key (dict) -}}{{- end -}}
{{- if kindIs "map" (index $into $key) -}}{{- include "tributary.fill" (list (index $into $key) $value) -}}{{- end -}}
{{- else if and (kindIs "invalid" $there.value) (not (kindIs "invalid" $value)) -}}
{{- $_ := set $into $key $value -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Takes out what is null, and maps that have nothing left. Prints nothing. */}}
{{- define "tributary.prune" -}}
{{- $map := . -}}
{{- range $key, $value := . -}}
{{- if kindIs "invalid" $value -}}
{{- $_ := unset $map $key -}}
{{- else if kindIs "map" $value -}}
{{- include "tributary.prune" $value -}}
{{- if not $value -}}{{- $_ := unset $map $key -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Seconds of a duration such as 1m30s. */}}
{{- define "tributary.seconds" -}}
{{- $seconds := 0.0 -}}
{{- range regexFindAll "[0-9.]+(ms|us|ns|[smhd])" (toString .) -1 -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- $seconds = addf $seconds (mulf (trimSuffix $unit . | float64) (index (dict "ns" 1e-9 "us" 1e-6 "ms" 0.001 "s" 1 "m" 60 "h" 3600 "d" 86400) $unit | float64)) -}}
{{- end -}}
{{- ceil $seconds | int -}}
{{- end -}}

{{/* Mebibytes of bytes such as 64MiB, 8GB, 1048576, or of a quantity such as 512Mi. */}}
{{- define "tributary.mebibytes" -}}
{{- $text := kindIs "string" . | ternary (toString .) (printf "%d" (int64 .)) -}}
{{- $unit := regexFind "[A-Za-z]*$" $text | trimSuffix "B" -}}
{{- $factor := index (dict "" 1 "K" 1e3 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776) $unit | float64 -}}
{{- divf (mulf (regexFind "^[0-9.]+" $text | float64) $factor) 1048576 | floor | int64 -}}
{{- end -}}

{{/* The port of host:port. */}}
{{- define "tributary.port" -}}
{{- regexFind "[0-9]+$" . -}}
{{- end -}}

{{- define "tributary.tokenSecret" -}}
{{- if .Values.token.existingSecret -}}
{{- .Values.token.existingSecret -}}
{{- else if ne .Values.tls.mode "off" -}}
{{- include "tributary.name" (list . "token") -}}
{{- end -}}
{{- end -}}

{{- define "tributary.tlsSecret" -}}
{{- $root := index . 0 -}}
{{- if eq $root.Values.tls.mode "existing" -}}
{{- index $root.Values.tls.existing (printf "%sSecret" (index . 1)) -}}
{{- else if ne $root.Values.tls.mode "off" -}}
{{- include "tributary.name" (list $root (printf "%s-tls" (index . 1))) -}}
{{- end -}}
{{- end -}}

{{/* The program's settings as a map: (list . tier values what-the-chart-sets), put into `result` of the fifth. */}}
{{- define "tributary.settings" -}}
{{- $root := index . 0 -}}
{{- $config := deepCopy (default (dict) (index . 2).config) -}}
{{- include "tributary.fill" (list $config (index . 3)) -}}
{{- $all := dict "crash_dir" "/var/lib/tributary/crashes" -}}
{{- if include "tributary.tokenSecret" $root -}}
{{- $_ := set $all "http" (dict "tokens_file" (printf "/etc/tributary/token/%s" $root.Values.token.key)) -}}
{{- end -}}
{{- include "tributary.fill" (list $config $all) -}}
{{- include "tributary.fill" (list $config (default (dict) $root.Values.config)) -}}
{{- if eq $root.Values.tls.mode "off" -}}
{{- $_ := set $config "tls" "off" -}}
{{- else -}}
{{- $_ := set $config "tls" (dict "cert_file" "/etc/tributary/tls/tls.crt" "key_file" "/etc/tributary/tls/tls.key" "ca_file" "/etc/tributary/tls/ca.crt") -}}
{{- end -}}
{{- include "tributary.prune" $config -}}
{{- $_ := set (index . 4) "result" $config -}}
{{- end -}}

{{- define "tributary.agent.settings" -}}
{{- $root := index . 0 -}}
{{- $agents := $root.Values.agents -}}
{{- $listen := list -}}
{{- if ne $agents.udp.expose "none" -}}
{{- $listen = append $listen (printf "udp://%s:8125" $root.Values.listenAddress) -}}
{{- end -}}
{{- if $agents.sockets.enabled -}}
{{- with $agents.sockets.datagram -}}{{- $listen = append $listen (printf "unixgram:///var/run/datadog/%s" .) -}}{{- end -}}
{{- with $agents.sockets.stream -}}{{- $listen = append $listen (printf "unixstream:///var/run/datadog/%s" .) -}}{{- end -}}
{{- end -}}
{{- $set := dict "data_dir" "/var/lib/tributary/agent" "services" $root.Values.services -}}
{{- $_ := set $set "http" (dict "listen" (printf "%s:8126" $root.Values.listenAddress)) -}}
{{- $_ := set $set "ingest" (dict "listen" $listen) -}}
{{- $_ := set $set "host_metrics" (dict "enabled" $agents.hostStatistics.enabled) -}}
{{- if $agents.hostStatistics.enabled -}}
{{- $_ := set $set "host_metrics" (dict "enabled" true "proc" "/host/proc" "sys" "/host/sys" "root" "/host/root") -}}
{{- end -}}
{{- if and $root.Values.proxies.enabled (not (include "tributary.finds" (default (dict) (default (dict) (default (dict) $agents.config).forward).discover))) -}}
{{- $port := include "tributary.proxy.grpcPort" $root -}}
{{- $name := include "tributary.name" (list $root "proxy-headless") -}}
{{- $_ := set $set "forward" (dict "proxies" (list (printf "%s.%s.svc.%s:%s" $name $root.Release.Namespace $root.Values.clusterDomain $port))) -}}
{{- end -}}
{{- include "tributary.settings" (list $root "agent" $agents $set (index . 1)) -}}
{{- end -}}

{{- define "tributary.proxy.settings" -}}
{{- $root := index . 0 -}}
{{- $set := dict "services" $root.Values.services "grpc" (dict "listen" (printf "%s:8127" $root.Values.listenAddress)) "http" (dict "listen" (printf "%s:8128" $root.Values.listenAddress)) -}}
{{- $own := default (dict) (default (dict) $root.Values.proxies.config).globals -}}
{{- $kubernetes := default (dict) $own.kubernetes -}}
{{- if not (or $own.members $own.file $own.srv $own.dns (default (dict) $own.consul).service $kubernetes.service) -}}
{{- $_ := set $set "globals" (dict "kubernetes" (dict "service" (include "tributary.name" (list $root "global")) "namespace" $root.Release.Namespace "port" "grpc")) -}}
{{- end -}}
{{- include "tributary.settings" (list $root "proxy" $root.Values.proxies $set (index . 1)) -}}
{{- end -}}

{{- define "tributary.global.settings" -}}
{{- $root := index . 0 -}}
{{- $set := dict "grpc" (dict "listen" (printf "%s:8129" $root.Values.listenAddress)) "http" (dict "listen" (printf "%s:8130" $root.Values.listenAddress)) "store" (dict "path" "/var/lib/tributary/global") -}}
{{- include "tributary.settings" (list $root "global" $root.Values.globals $set (index . 1)) -}}
{{- end -}}

{{- define "tributary.proxy.grpcPort" -}}
{{- $grpc := default (dict) (default (dict) .Values.proxies.config).grpc -}}
{{- include "tributary.port" (default "0:8127" $grpc.listen) -}}
{{- end -}}

{{/* The files as they are mounted. */}}
{{- define "tributary.agent.config" -}}
{{- $out := dict -}}{{- include "tributary.agent.settings" (list . $out) -}}{{- toYaml $out.result -}}
{{- end -}}
{{- define "tributary.proxy.config" -}}
{{- $out := dict -}}{{- include "tributary.proxy.settings" (list . $out) -}}{{- toYaml $out.result -}}
{{- end -}}
{{- define "tributary.global.config" -}}
{{- $out := dict -}}{{- include "tributary.global.settings" (list . $out) -}}{{- toYaml $out.result -}}
{{- end -}}

{{/* The ConfigMap of a tier: (list . tier) */}}
{{- define "tributary.configMap" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "tributary.metadata" (list (index . 0) (index . 1) (include "tributary.name" .)) | nindent 2 }}
data:
  config.yaml: |
    {{- include (printf "tributary.%s.config" (index . 1)) (index . 0) | nindent 4 }}
{{- end -}}

{{/* Volumes that each program has, and where they are: (list . tier) */}}
{{- define "tributary.volumes" -}}
- name: config
  configMap:
    name: {{ include "tributary.name" . }}
{{- with include "tributary.tlsSecret" . }}
- name: tls
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- with include "tributary.tokenSecret" (index . 0) }}
- name: token
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- end -}}

{{- define "tributary.mounts" -}}
- name: config
  mountPath: /etc/tributary/config
  readOnly: true
{{- if include "tributary.tlsSecret" . }}
- name: tls
  mountPath: /etc/tributary/tls
  readOnly: true
{{- end }}
{{- if include "tributary.tokenSecret" (index . 0) }}
- name: token
  mountPath: /etc/tributary/token
  readOnly: true
{{- end }}
{{- end -}}

{{/* HTTPS or HTTP, as the settings of a program say. */}}
{{- define "tributary.scheme" -}}
{{- if or (eq (toString .tls) "off") (eq (toString (default (dict) .http).tls) "false") -}}http{{- else -}}https{{- end -}}
{{- end -}}

{{/* A program that stands still ends itself, with a crash report, after watchdog.abort_intervals: liveness comes later. */}}
{{- define "tributary.probes" -}}
{{- $scheme := include "tributary.scheme" . | upper -}}
startupProbe:
  httpGet: {path: /healthz, port: http, scheme: {{ $scheme }}}
  periodSeconds: 2
  failureThreshold: 300
livenessProbe:
  httpGet: {path: /healthz, port: http, scheme: {{ $scheme }}}
  periodSeconds: 20
  timeoutSeconds: 5
  failureThreshold: 30
readinessProbe:
  httpGet: {path: /readyz, port: http, scheme: {{ $scheme }}}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end -}}

{{/* Whether a section that finds members, as `forward.discover`, does. */}}
{{- define "tributary.finds" -}}
{{- if or .file .srv .dns (default (dict) .kubernetes).service (default (dict) .consul).service -}}yes{{- end -}}
{{- end -}}

{{- define "tributary.listensUdp" -}}
{{- range . -}}{{- if hasPrefix "udp://" . -}}yes{{- end -}}{{- end -}}
{{- end -}}

{{/* The UDP port by which others than the agent's own pod reach it: on the node, or of the Service; empty: none. */}}
{{- define "tributary.agent.reachedAt" -}}
{{- $agents := .Values.agents -}}
{{- $out := dict -}}{{- include "tributary.agent.settings" (list . $out) -}}
{{- if and $agents.enabled (ne $agents.udp.expose "none") -}}
{{- $listened := "" -}}
{{- range $out.result.ingest.listen -}}
{{- if and (hasPrefix "udp://" .) (not (regexMatch "^udp://(127\\.|localhost|\\[::1\\])" .)) -}}{{- $listened = include "tributary.port" . -}}{{- end -}}
{{- end -}}
{{- if $listened -}}{{- ternary $listened (toString $agents.udp.port) $agents.hostNetwork -}}{{- end -}}
{{- end -}}
{{- end -}}

{{/* Where: a node's own address is a pod's to say. */}}
{{- define "tributary.agent.reachedBy" -}}
{{- if or .Values.agents.hostNetwork (eq .Values.agents.udp.expose "hostPort") -}}node{{- else -}}service{{- end -}}
{{- end -}}
