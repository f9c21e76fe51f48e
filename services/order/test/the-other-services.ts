// Stands for the user, payment and data services where the order service audits: they know what a test has told them.
import { createServer, type IncomingMessage } from 'node:http'
import type { DeadLetter, ExportRecord, Payment, ServiceName, WaitingEvent } from '@waybill/contracts'
import { uuidv7 } from 'uuidv7'

export interface OtherServices {
  /** For `peerUrls`. */
  readonly urls: Record<'user' | 'payment' | 'data', string>
  /** By order. */
  readonly payments: Map<string, Payment>
  /** By process. */
  readonly exports: Map<string, ExportRecord>
  /** Newest first, as the services answer them. */
  readonly waiting: WaitingEvent[]
  readonly dead: DeadLetter[]
  readonly asked: { verb: string; path: string; token: string | undefined }[]
  /** Paths, `/payments/details`, whose connections are cut. */
  readonly broken: Set<string>
  /** Runs before a path is answered. */
  readonly before: Map<string, () => Promise<void>>
  /** As if nobody had told them anything. */
  forget(): void
  stop(): Promise<void>
}

export async function startOtherServices(): Promise<OtherServices> {
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://others')
    const token = request.headers.authorization?.replace('Bearer ', '')
    others.asked.push({ verb: request.method!, path: request.url!, token })
    await others.before.get(pathname)?.()
    if (others.broken.has(pathname)) {
      request.socket.destroy()
      return
    }
    const answer = answers[`${request.method} ${pathname}`]
    const body = await answer?.(await readBody(request), searchParams)
    response.writeHead(body ? 200 : 404, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify(body ?? { code: 'ROUTE_NOT_FOUND' }))
  })

  const answers: Record<string, (body: Partial<Ids>, query: URLSearchParams) => object> = {
    'POST /payments/details': ({ order_ids }) => ({ data: known(others.payments, order_ids) }),
    'POST /exports/details': ({ process_ids }) => ({ data: known(others.exports, process_ids) }),
    'GET /outbox': (_, query) =>
      pageOf(
        others.waiting.filter(it => it.created_at >= query.get('since')! && it.created_at < query.get('until')!),
        query,
      ),
    'GET /dead-letters': (_, query) => pageOf(others.dead, query),
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const url = `http://127.0.0.1:${port}`
  const others: OtherServices = {
    urls: { user: url, payment: url, data: url },
    payments: new Map(),
    exports: new Map(),
    waiting: [],
    dead: [],
    asked: [],
    broken: new Set(),
    before: new Map(),
    forget() {
      for (const known of [others.payments, others.exports, others.broken, others.before]) known.clear()
      for (const known of [others.waiting, others.dead, others.asked]) known.length = 0
    },
    stop: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return others
}

interface Ids {
  order_ids: string[]
  process_ids: string[]
}

async function readBody(request: IncomingMessage): Promise<Partial<Ids>> {
  const text = await request.setEncoding('utf8').reduce((all, chunk: string) => all + chunk, '')
  return text === '' ? {} : JSON.parse(text)
}

function known<T>(all: Map<string, T>, ids: string[] = []): T[] {
  return ids.flatMap(id => all.get(id) ?? [])
}

function pageOf<T extends { service: string }>(rows: T[], query: URLSearchParams) {
  const own = rows.filter(({ service }) => service === query.get('service'))
  const from = Number(query.get('cursor') ?? 0)
  const to = from + Number(query.get('limit'))
  return { data: own.slice(from, to), page: { next_cursor: to < own.length ? String(to) : null } }
}

export function waitingEvent(service: ServiceName, it: Partial<WaitingEvent> & { at: number }): WaitingEvent {
  const { at, ...given } = it
  return {
    service,
    event_id: uuidv7(),
    event_type: 'payment.captured',
    subject: uuidv7(),
    created_at: new Date(at).toISOString(),
    age_seconds: 31,
    ...given,
  }
}

export function deadLetter(
  service: ServiceName,
  it: { at: number; type?: string; subject?: string; event?: Record<string, unknown> },
): DeadLetter {
  const { at, type = 'order.created', subject = uuidv7() } = it
  const time = new Date(at).toISOString()
  const eventId = uuidv7()
  return {
    id: uuidv7(),
    service,
    event_id: eventId,
    event_type: type,
    event: it.event ?? { id: eventId, type, subject, time },
    error: 'Error: it does not work',
    tries: 5,
    created_at: time,
    updated_at: time,
  }
}
