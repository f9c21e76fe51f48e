{{/* What runs: a part for each service that is enabled, and one for the processes that take only exports. */}}
{{- define "waybill.parts" -}}
{{- $parts := list -}}
{{- range $service, $facts := (.Files.Get "files/services.yaml" | fromYaml) -}}
{{- $own := index $.Values.services $service -}}
{{- if $own.enabled -}}
{{- $apart := and $facts.exports $.Values.exports.enabled -}}
{{- $parts = append $parts (dict "part" $service "service" $service "facts" $facts "values" $own "work" (ternary "http" "all" (eq $apart true)) "queue" $facts.queue) -}}
{{- if $apart -}}
{{- $exports := dict "internet" $facts.internet "required" $facts.required "optional" $facts.optional "exports" true -}}
{{- $parts = append $parts (dict "part" (printf "%s-export" $service) "service" $service "facts" $exports "values" $.Values.exports "work" "export" "queue" false) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson (dict "parts" $parts) -}}
{{- end -}}

{{/* Parts that call this one: who may come in. */}}
{{- define "waybill.callers" -}}
{{- $callers := list -}}
{{- range $service, $facts := (.root.Files.Get "files/services.yaml" | fromYaml) -}}
{{- if has $.service $facts.calls -}}{{- $callers = append $callers $service -}}{{- end -}}
{{- end -}}
{{- toJson (dict "callers" $callers) -}}
{{- end -}}

{{/* What pods are known by; it never changes, whatever release they come from. */}}
{{- define "waybill.selector" -}}
app.kubernetes.io/name: {{ .root.Values.name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{- define "waybill.labels" -}}
{{ include "waybill.selector" . }}
app.kubernetes.io/part-of: waybill
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end -}}

{{- define "waybill.metadata" -}}
name: {{ .root.Values.name }}-{{ .part }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "waybill.labels" . | nindent 2 }}
{{- end -}}

{{- define "waybill.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "waybill.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "waybill.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Secrets of one service, as variables: those that it must have and those that it may have. */}}
{{- define "waybill.secrets" -}}
{{- range .facts.required }}
- name: {{ . }}
  valueFrom:
    secretKeyRef:
      name: {{ $.secret }}
      key: {{ . }}
{{- end }}
{{- range .facts.optional }}
- name: {{ . }}
  valueFrom:
    secretKeyRef:
      name: {{ $.secret }}
      key: {{ . }}
      optional: true
{{- end }}
{{- end -}}

{{/* Settings in the order of their names; what is nearer to the process goes before what is said for all. Encrypted ones need a key. */}}
{{- define "waybill.settings" -}}
{{- range $name, $value := merge (deepCopy .values.settings) .root.Values.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
- name: WAYBILL_CONFIG_KEY
  valueFrom:
    secretKeyRef:
      name: {{ .root.Values.name }}-{{ ternary "shared" (printf "%s-migrate" .service) (eq .migrates false) }}
      key: WAYBILL_CONFIG_KEY
      optional: true
{{- end -}}

{{- define "waybill.configurationVolume" -}}
{{- if .Values.configuration.configMap }}
- name: configuration
  configMap:
    name: {{ .Values.configuration.configMap }}
{{- end }}
{{- end -}}

{{- define "waybill.configurationMount" -}}
{{- if .Values.configuration.configMap }}
- name: configuration
  mountPath: /etc/waybill
  readOnly: true
{{- end }}
{{- end -}}

{{/* Who decides how many processes a part has: KEDA where there is more to see than CPU, an autoscaler, or nobody. */}}
{{- define "waybill.scaledBy" -}}
{{- if and .root.Values.keda.enabled (or .queue (eq .work "export")) -}}keda{{- else if .root.Values.autoscaling.enabled -}}cpu{{- end -}}
{{- end -}}

{{/* Grows at once, by as much as there is; shrinks slowly, for work that is under way is begun again by another. */}}
{{- define "waybill.scaling" -}}
scaleUp:
  stabilizationWindowSeconds: 0
  policies:
    - type: Percent
      value: 100
      periodSeconds: 30
    - type: Pods
      value: 2
      periodSeconds: 30
  selectPolicy: Max
scaleDown:
  stabilizationWindowSeconds: 300
  policies:
    - type: Pods
      value: 1
      periodSeconds: 60
  selectPolicy: Max
{{- end -}}

{{- define "waybill.egressToNames" -}}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: kube-system
      podSelector:
        matchLabels:
          k8s-app: kube-dns
  ports:
    - { protocol: UDP, port: 53 }
    - { protocol: TCP, port: 53 }
{{- end -}}

{{- define "waybill.egressTo" -}}
- ports:
    - protocol: TCP
      port: {{ .port }}
  {{- with .to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "waybill.egressToInternet" -}}
- to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except:
          {{- toYaml .root.Values.network.notPublic.ipv4 | nindent 10 }}
    - ipBlock:
        cidr: 2000::/3
        except:
          {{- toYaml .root.Values.network.notPublic.ipv6 | nindent 10 }}
  ports:
    - protocol: TCP
      {{- if .anyPort }}
      port: 1
      endPort: 65535
      {{- else }}
      port: 443
      {{- end }}
{{- end -}}
