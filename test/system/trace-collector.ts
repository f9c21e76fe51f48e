// A collector of spans, as OpenTelemetry exporters know it (OTLP over HTTP, in JSON): it keeps what it is sent.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

export interface CollectedSpan {
  /** `service.name` of the resource that it came from. */
  readonly service: string
  readonly instance: string
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly failed: boolean
  readonly attributes: Record<string, unknown>
}

export interface TraceCollector {
  readonly url: string
  readonly spans: CollectedSpan[]
  stop(): Promise<void>
}

type Attributes = { key: string; value: Record<string, unknown> }[]
interface Export {
  resourceSpans: {
    resource: { attributes: Attributes }
    scopeSpans: {
      spans: {
        name: string
        traceId: string
        spanId: string
        parentSpanId?: string
        status: { code?: number }
        attributes: Attributes
      }[]
    }[]
  }[]
}

const failed = 2

export async function startTraceCollector(): Promise<TraceCollector> {
  const spans: CollectedSpan[] = []
  const server = createServer(async (request, response) => {
    if (request.url === '/v1/traces') spans.push(...spansOf(JSON.parse(await text(request))))
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    stop: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function spansOf({ resourceSpans }: Export): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const about = valuesOf(resource.attributes)
    return scopeSpans.flatMap(scope =>
      scope.spans.map(({ name, traceId, spanId, parentSpanId, status, attributes }) => ({
        service: String(about['service.name']),
        instance: String(about['service.instance.id']),
        name,
        traceId,
        spanId,
        parentSpanId: parentSpanId || undefined,
        failed: status.code === failed,
        attributes: valuesOf(attributes),
      })),
    )
  })
}

function valuesOf(attributes: Attributes): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}
