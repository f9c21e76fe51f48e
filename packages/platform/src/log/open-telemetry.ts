// The OpenTelemetry SDK behind `Tracing`. Imported on demand only: loading it costs time and memory that most do without.
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import {
  type Context,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
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
  const spans = new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${endpoint}/v1/traces` }) })
  const instance = randomUUID()
  const tracers = new Map<string | undefined, Tracer>()

  /** Services are told apart by their resource, also where one process hosts them all: each has a tracer of its own. */
  function tracerOf(service: string | undefined): Tracer {
    const known = tracers.get(service)
    if (known) return known
    const about = {
      'service.namespace': 'waybill',
      'service.name': service === undefined ? 'waybill' : `waybill-${service}`,
      'service.version': version,
      'service.instance.id': instance,
    }
    const resource = defaultResource().merge(resourceFromAttributes(about))
    const tracer = new TracerProvider({ resource, spanProcessors: [spans] }).getTracer('waybill', version)
    tracers.set(service, tracer)
    return tracer
  }

  return {
    begin(service, name, traceparent) {
      const span = tracerOf(service).startSpan(name, {}, parentOf(traceparent, false))
      return {
        traceparent: nameOf(span),
        end(error) {
          if (error !== undefined) fail(span, error)
          span.end()
        },
      }
    },
    beginCall(service, { method, peer, url }, traceparent) {
      const { hostname, port, protocol } = new URL(url)
      const attributes = {
        'http.request.method': method,
        'server.address': hostname,
        'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
        'url.full': url,
      }
      const options = { kind: SpanKind.CLIENT, attributes }
      const span = tracerOf(service).startSpan(`${method} ${peer}`, options, parentOf(traceparent, false))
      return {
        traceparent: nameOf(span),
        end({ status, error }) {
          if (status !== undefined) span.setAttribute('http.response.status_code', status)
          if (error !== undefined && error !== null) fail(span, error)
          span.end()
        },
      }
    },
    beginRequest(service, { method, path }, traceparent) {
      const attributes = { 'http.request.method': method, 'url.path': path, 'url.scheme': 'http' }
      const options = { kind: SpanKind.SERVER, attributes }
      const span = tracerOf(service).startSpan(method, options, parentOf(traceparent, true))
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
      const lost = await Promise.race([spans.shutdown(), tooLate]).catch(error => error)
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

function fail(span: Span, error: unknown): void {
  span.setAttribute('error.type', typeOf(error)).setStatus({ code: SpanStatusCode.ERROR, message: String(error) })
}

/** Few values, as the conventions ask: a code where the error has one, else its class. */
function typeOf(error: unknown): string {
  const { code, name } = Object(error) as { code?: unknown; name?: unknown }
  return String(code ?? name ?? typeof error)
}
