// What those who run a process ask it for: health, metrics, documents, waiting and dead events of the services that it hosts.

import {
  contract,
  contractVersion,
  type DeadLetter,
  type ListOutboxQuery,
  operationsApi,
  type WaitingEvent,
} from '@waybill/contracts'
import Joi from 'joi'
import { type DeadLetterRow, listWaitingEvents, type WaitingEventRow } from '../bus/index.ts'
import { rfc3339 } from '../clock/index.ts'
import {
  accepted,
  createAsyncApiDocument,
  createDocsPage,
  createOpenApiDocument,
  cutPage,
  document,
  page,
  type Route,
  refuse,
  routesOf,
} from '../http/index.ts'
import type { Service, ServiceHost } from './service.ts'
import { addServiceGauges } from './service-gauges.ts'
import { hostedServices, workRoutes } from './work-routes.ts'

export interface OperationsOptions {
  host: ServiceHost
  services: Service[]
  /** All other routes: the documents are made from them. */
  routes: Route[]
}

const json = 'application/json; charset=utf-8'
const plain = (name: string, summary: string, type: string, statuses = [200]) =>
  contract({
    name,
    summary,
    answers: Object.fromEntries(statuses.map(status => [status, { description: summary, raw: { [type]: Joi.any() } }])),
    errors: [],
  })

/** What tells machines how a process does: all that one serves which takes only exports. */
export function healthRoutes({ host, services }: Omit<OperationsOptions, 'routes'>): Route[] {
  const route = routesOf('operations')
  addServiceGauges(host.metrics, services)
  return [
    route({
      verb: 'get',
      path: '/healthz',
      access: 'public',
      limit: 'none',
      contract: plain('checkHealth', 'The process is alive and stays', 'application/json', [200, 503]),
      // A load balancer that asks this sends no more while the process still serves what comes.
      controller: ({ signal }) =>
        signal.aborted ? document(json, '{"status":"stopping"}', 503) : document(json, '{"status":"ok"}'),
    }),
    route({
      verb: 'get',
      path: '/readyz',
      access: 'public',
      limit: 'none',
      contract: plain('checkReadiness', 'The process can do its work', 'application/json', [200, 503]),
      controller: async () => {
        const readiness = await readReadiness(host, services)
        return document(json, JSON.stringify(readiness), readiness.status === 'ready' ? 200 : 503)
      },
    }),
    route({
      verb: 'get',
      path: '/metrics',
      access: 'public',
      limit: 'none',
      contract: plain('readMetrics', 'Metrics in the Prometheus text format', 'text/plain'),
      controller: async () => document(host.metrics.registry.contentType, await host.metrics.registry.metrics()),
    }),
  ]
}

export function operationsRoutes(options: OperationsOptions): Route[] {
  const { host, services } = options
  const route = routesOf('operations')
  return [
    ...healthRoutes(options),
    ...documentRoutes(options),
    ...workRoutes({ services: options.services, log: host.log }),
    route({
      verb: 'get',
      path: '/outbox',
      access: 'operator',
      contract: operationsApi.listOutbox,
      controller: async ({ query }) => {
        const { rows, nextCursor } = await readOutboxes(options, query)
        const now = host.clock.now()
        return page(
          rows.map(({ service, row }) => waitingEvent(service, row, now)),
          nextCursor,
        )
      },
    }),
    route({
      verb: 'get',
      path: '/dead-letters',
      access: 'operator',
      contract: operationsApi.listDeadLetters,
      controller: async ({ query }) => {
        const before = query.cursor ? host.cursors.decode<string>('dead-letters', query.cursor) : undefined
        const lists = await Promise.all(
          hostedServices(services, query.service).map(async ({ name, store }) =>
            (await store.consumer.listDead(query.limit + 1, before)).map(row => deadLetter(name, row)),
          ),
        )
        const newestFirst = lists.flat().sort((a, b) => (a.id < b.id ? 1 : -1))
        const { rows, nextCursor } = cutPage(newestFirst, query.limit, last =>
          host.cursors.encode('dead-letters', last.id),
        )
        return page(rows, nextCursor)
      },
    }),
    route({
      verb: 'post',
      path: '/dead-letters/:id/replay',
      access: 'operator',
      contract: operationsApi.replayDeadLetter,
      controller: async ({ params }) => {
        for (const { name, store } of services) {
          const row = await store.consumer.replay(params.id)
          if (row) return accepted(deadLetter(name, row))
        }
        throw refuse('DEAD_LETTER_NOT_FOUND', `there is no dead letter ${params.id} in the services of this process`)
      },
    }),
  ]
}

const title = 'Waybill API'
const fileParams = Joi.object<{ file: string }>({ file: Joi.string().max(100).required() })

function documentRoutes({ host, routes }: OperationsOptions): Route[] {
  const route = routesOf('operations')
  const about = { title, version: contractVersion }
  // By the time somebody asks, `routes` holds the rows of all services and of this table.
  const openApi = once(() => createOpenApiDocument(routes, { ...about, serverUrl: host.settings.PUBLIC_URL ?? '/' }))
  const events = () => createAsyncApiDocument({ ...about, title: 'Waybill events' })
  const asyncApi = once(events)
  const docs = createDocsPage(title, events)
  return [
    route({
      verb: 'get',
      path: '/openapi.json',
      access: 'public',
      contract: plain('readOpenApi', 'Every call, as an OpenAPI 3.1 document', 'application/json'),
      controller: () => document(json, openApi()),
    }),
    route({
      verb: 'get',
      path: '/asyncapi.json',
      access: 'public',
      contract: plain('readAsyncApi', 'The events, as an AsyncAPI 3.1 document', 'application/json'),
      controller: () => document(json, asyncApi()),
    }),
    route({
      verb: 'get',
      path: '/docs',
      access: 'public',
      contract: plain('readDocs', 'The calls, rendered', 'text/html'),
      controller: () => docs.page(),
    }),
    route({
      verb: 'get',
      path: '/docs/events',
      access: 'public',
      contract: plain('readEventsPage', 'The events, rendered', 'text/html'),
      controller: () => docs.events(),
    }),
    route({
      verb: 'get',
      path: '/docs/:file',
      access: 'public',
      contract: contract({
        ...plain('readDocsFile', 'A file of the rendered documents', '*/*'),
        params: fileParams,
        errors: ['ROUTE_NOT_FOUND'],
      }),
      controller: async ({ params }) => {
        const answer = await docs.file(params.file)
        if (!answer) throw refuse('ROUTE_NOT_FOUND', `there is no ${params.file} under /docs`)
        return answer
      },
    }),
  ]
}

/** Made at the first call and kept as text. */
function once(make: () => unknown): () => string {
  let text: string | undefined
  return () => {
    text ??= JSON.stringify(make())
    return text
  }
}

async function readOutboxes({ host, services }: OperationsOptions, query: ListOutboxQuery) {
  const { service, since, until, limit, cursor } = query
  const filter = {
    since: since === undefined ? 0 : Date.parse(since),
    until: until === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(until),
    before: cursor === undefined ? undefined : host.cursors.decode<WaitingPosition>('outbox', cursor),
    limit: limit + 1,
  }
  const lists = await Promise.all(
    hostedServices(services, service).map(async ({ name, store }) =>
      (await listWaitingEvents(store.database, filter)).map(row => ({ service: name, row })),
    ),
  )
  const newestFirst = lists
    .flat()
    .sort(({ row: a }, { row: b }) => b.created_at - a.created_at || (a.id < b.id ? 1 : -1))
  return cutPage(newestFirst, limit, ({ row: { id, created_at } }) =>
    host.cursors.encode('outbox', { id, created_at } satisfies WaitingPosition),
  )
}

type WaitingPosition = Pick<WaitingEventRow, 'id' | 'created_at'>

function waitingEvent(service: string, { id, created_at, event }: WaitingEventRow, now: number): WaitingEvent {
  return {
    service,
    event_id: id,
    event_type: event.type,
    subject: event.subject,
    created_at: rfc3339(created_at),
    age_seconds: Math.max(now - created_at, 0) / 1_000,
  }
}

function deadLetter(service: string, row: DeadLetterRow): DeadLetter {
  return {
    id: row.id,
    service,
    event_id: row.event_id,
    event_type: row.event_type,
    event: asObject(JSON.parse(row.message)),
    error: row.error,
    tries: row.tries,
    created_at: rfc3339(row.created_at),
    updated_at: rfc3339(row.updated_at),
  }
}

/** A message may have been rubbish that is no object at all. */
function asObject(message: unknown): Record<string, unknown> {
  return typeof message === 'object' && message !== null ? { ...message } : { message }
}

const pingMilliseconds = 2_000

async function readReadiness(host: ServiceHost, services: Service[]) {
  const check = async (ping: Promise<void>) => {
    const timeout = new Promise<never>((_, reject) =>
      AbortSignal.timeout(pingMilliseconds).addEventListener('abort', reject),
    )
    return Promise.race([ping, timeout]).then(
      () => ({ status: 'up' }),
      () => ({ status: 'down' }),
    )
  }
  const [broker, ...databases] = await Promise.all([
    check(host.broker.ping()),
    ...services.map(({ store }) => check(store.database.ping())),
  ])
  const database = { status: databases.every(({ status }) => status === 'up') ? 'up' : 'down' }
  const status = broker.status === 'up' && database.status === 'up' ? 'ready' : 'not_ready'
  return { status, dependencies: { database, broker } }
}
