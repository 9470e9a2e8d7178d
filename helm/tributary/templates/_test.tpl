{{/* How a container of the test asks a proxy. */}}
{{- define "tributary.test.asks" -}}
{{- if or .https .token }}
volumeMounts:
  {{- if .https }}
  - {name: ca, mountPath: /etc/tributary/tls, readOnly: true}
  {{- end }}
  {{- if .token }}
  - {name: token, mountPath: /etc/tributary/token, readOnly: true}
  {{- end }}
{{- end }}
env:
  - name: TRIBUTARY_PROXY
    value: {{ .proxy }}
  {{- if .https }}
  - name: TRIBUTARY_CA_FILE
    value: /etc/tributary/tls/ca.crt
  {{- end }}
{{- end }}
