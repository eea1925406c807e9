{{/* The name of the operator's account to the API server: admission policies and webhooks know it by this. */}}
{{- define "cxguard.account" -}}
system:serviceaccount:{{ .Release.Namespace }}:cxguard
{{- end }}

{{/* A digest says exactly which image; a tag is what somebody made of it last. */}}
{{- define "cxguard.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{/* The Secret with a serving certificate that the operator does not make itself; nothing if it does. */}}
{{- define "cxguard.mountedCertificate" -}}
{{- with .Values.certificates -}}
{{- if not $.Values.webhooks.enabled }}{{ else if eq .source "certManager" }}cxguard-webhook-tls{{ else if eq .source "files" }}{{ .secretName }}{{ end }}
{{- end -}}
{{- end }}

{{/* The Secret with the authority of callers; nothing if anybody may call. */}}
{{- define "cxguard.callers" -}}
{{- if .Values.webhooks.enabled }}{{ .Values.webhooks.clientCASecret }}{{ end -}}
{{- end }}

{{/* What every webhook has. Takes the root and the path. */}}
{{- define "cxguard.webhook" -}}
admissionReviewVersions: [v1]
sideEffects: None
timeoutSeconds: 3
matchPolicy: Equivalent
clientConfig:
  service: {name: cxguard-webhook, namespace: {{ .root.Release.Namespace }}, port: 443, path: {{ .path }}}
  {{- if eq .root.Values.certificates.source "files" }}
  caBundle: {{ .root.Values.certificates.caBundle | b64enc }}
  {{- end }}
{{- end }}

{{/*
Which namespaces a webhook sees: all, or the protected ones; never those that Kubernetes and the operator need to come
up. Takes the root, and protected.
*/}}
{{- define "cxguard.namespaces" -}}
namespaceSelector:
  {{- if .protected }}
  {{- $selector := .root.Values.protectedNamespaces | default (dict "matchLabels" (dict "cxguard.dev/protected" "true")) }}
  {{- with $selector.matchLabels }}
  matchLabels:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  matchExpressions:
    {{- with $selector.matchExpressions }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- else }}
  matchExpressions:
  {{- end }}
    - {key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system, {{ .root.Release.Namespace }}]}
{{- end }}

{{/* Who is never asked about: the operator gives and takes access, the two others clear away what is deleted. */}}
{{- define "cxguard.exempt" -}}
- name: not-by-the-operator-nor-by-those-that-clear-away
  expression: >-
    !(request.userInfo.username in ['{{ include "cxguard.account" . }}',
    'system:serviceaccount:kube-system:namespace-controller',
    'system:serviceaccount:kube-system:generic-garbage-collector'])
{{- end }}

{{/* What is judged of a role or a binding that exists. A binding names the same role for ever. */}}
{{- define "cxguard.accessChanges" -}}
- name: access-changes
  expression: >-
    oldObject == null || object.?rules != oldObject.?rules || object.?subjects != oldObject.?subjects
    || object.metadata.?labels[?'cxguard.dev/grant-uid'] != oldObject.metadata.?labels[?'cxguard.dev/grant-uid']
{{- end }}
