// The OpenTelemetry SDK behind `Tracing`. Imported on demand only: loading it costs time and memory that most do without.
import { setTimeout } from 'node:timers/promises'
import {
  type Context,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { Tracing, TracingOptions } from './tracing.ts'

const stopWithinMilliseconds = 2_000

/** Records every trace that begins here; where a caller sent a `traceparent`, its flag decides (the SDK's default sampler). */
export function createTracing({ endpoint, version, warn }: TracingOptions): Tracing {
  // The SDK tells nobody else when a collector is down or spans are dropped.
  const quiet = () => {}
  const complaints = { error: warn, warn, info: quiet, debug: quiet, verbose: quiet }
  diag.setLogger(complaints, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
  const about = { 'service.name': 'waybill', 'service.version': version }
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes(about)),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${endpoint}/v1/traces` }) })],
  })
  const tracer = provider.getTracer('waybill', version)

  return {
    begin(name, traceparent) {
      const span = tracer.startSpan(name, {}, parentOf(traceparent, false))
      return {
        traceparent: nameOf(span),
        end(error) {
          if (error !== undefined) {
            span.setAttribute('error.type', typeOf(error))
            span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) })
          }
          span.end()
        },
      }
    },
    beginRequest(method, path, traceparent) {
      const attributes = { 'http.request.method': method, 'url.path': path, 'url.scheme': 'http' }
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parentOf(traceparent, true))
      return {
        traceparent: nameOf(span),
        end({ route, status }) {
          if (route !== undefined) span.updateName(`${method} ${route}`).setAttribute('http.route', route)
          if (status !== undefined) span.setAttribute('http.response.status_code', status)
          // What the client did wrong is no error of the server.
          if (status !== undefined && status >= 500) {
            span.setAttribute('error.type', String(status)).setStatus({ code: SpanStatusCode.ERROR })
          }
          span.end()
        },
      }
    },
    async stop() {
      const tooLate = setTimeout(stopWithinMilliseconds, new Error('the collector does not answer'), { ref: false })
      const lost = await Promise.race([provider.shutdown(), tooLate]).catch(error => error)
      if (lost) warn(String(lost))
    },
  }
}

/** `00-<32 hex trace id>-<16 hex span id>-<2 hex flags>` as OpenTelemetry has it. */
function parentOf(traceparent: string | undefined, isRemote: boolean): Context {
  if (traceparent === undefined) return ROOT_CONTEXT
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: traceparent.slice(3, 35),
    spanId: traceparent.slice(36, 52),
    traceFlags: Number.parseInt(traceparent.slice(53), 16),
    isRemote,
  })
}

function nameOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}

/** Few values, as the conventions ask: a code where the error has one, else its class. */
function typeOf(error: unknown): string {
  const { code, name } = Object(error) as { code?: unknown; name?: unknown }
  return String(code ?? name ?? typeof error)
}
