// Over every route of all services: who may call it, what it does with rubbish, and that nobody finds what belongs to another.
import { randomUUID } from 'node:crypto'
import type { Route } from '@waybill/platform/http'
import { call, startService } from '@waybill/platform/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadServices } from '../../apps/server/src/load-services.ts'
import { type Customer, newCustomer, password, signIn } from './customer.ts'
import { type Deployment, deploy } from './deployment.ts'

let deployment: Deployment
/** The rows of all services' tables. */
let routes: Route[]
let owner: Customer
let stranger: Customer
let operator: Customer
let orderId: string
let processId: string
let paymentId: string

beforeAll(async () => {
  const env = { OPERATOR_EMAIL: 'ops@example.com', OPERATOR_PASSWORD: password, CALLBACK_ALLOW_PRIVATE: 'true' }
  deployment = await deploy({ env })
  routes = await readRoutes()
  operator = await signIn(deployment.url, 'ops@example.com')
  owner = await newCustomer(deployment.url)
  stranger = await newCustomer(deployment.url)
  const { order } = await owner.order({
    items: [{ dataset: 'airports' }],
    payment: { token: 'tok_approve' },
    callback_url: 'http://127.0.0.1:9/nobody-listens',
  })
  orderId = order.id
  processId = order.process_id
  await owner.finished(processId)
  paymentId = (await owner.payment(orderId)).id
})
afterAll(() => deployment?.stop())

async function readRoutes(): Promise<Route[]> {
  const host = await startService(await loadServices())
  await host.stop()
  return host.routes
}

const fill = (path: string, ids: Record<string, string> = {}) =>
  path.replace(/:(\w+)/g, (_, name: string) => ids[name] ?? randomUUID())
const verbAndPath = (route: Route, ids?: Record<string, string>) =>
  `${route.verb.toUpperCase()} ${fill(route.path, ids)}`
const bodyFor = (route: Route) => (route.contract.body ? {} : undefined)

test('the web console is at the public address, and every file that its page names', async () => {
  const page = await call(deployment.url, 'GET /')
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  const files = [...page.text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(match => match[1]!)
  expect(files.length).toBeGreaterThan(1)
  for (const file of files) expect((await call(deployment.url, `GET ${file}`)).status, file).toBe(200)
})

describe('access', () => {
  test('every path of the contract is there', () => {
    const paths = routes.map(route => `${route.verb.toUpperCase()} ${route.path}`)
    expect(paths).toEqual(expect.arrayContaining(contractPaths))
    expect(new Set(paths).size).toBe(paths.length)
  })

  test('without a token only public routes answer', async () => {
    for (const route of routes) {
      const path = verbAndPath(route, { file: 'page.css' })
      const { status, body } = await call(deployment.url, path, { body: bodyFor(route) })
      // A path that is unknown at the public address was sent to the wrong service.
      if (route.access === 'public')
        expect(['NOT_AUTHENTICATED', 'ROUTE_NOT_FOUND'], route.path).not.toContain(body?.code)
      else expect([status, body.code], route.path).toEqual([401, 'NOT_AUTHENTICATED'])
    }
  })

  test('a customer is forbidden every operator route', async () => {
    for (const route of routes.filter(({ access }) => access === 'operator')) {
      const { status, body } = await owner.call(verbAndPath(route), { body: bodyFor(route) })
      expect([status, (body as { code?: string }).code], route.path).toEqual([403, 'FORBIDDEN'])
    }
  })

  test('what the services ask each other is not for anybody else to ask', async () => {
    const ofPeers = routes.filter(({ access }) => access === 'peer')
    expect(ofPeers.map(({ path }) => path)).toEqual(['/work/details', '/work/hasten'])
    for (const route of ofPeers) {
      for (const who of [owner, operator]) {
        const { status, body } = await who.call(verbAndPath(route), { body: bodyFor(route) })
        expect([status, (body as { code?: string }).code], route.path).toEqual([403, 'FORBIDDEN'])
      }
    }
  })

  test.each(['/orders', '/processes', '/payments'])('operator filters of %s are forbidden to customers', async path => {
    for (const filter of ['all=true', `user_id=${owner.user.id}`, `user_id=${stranger.user.id}`]) {
      expect((await stranger.call(`GET ${path}?${filter}`)).status, filter).toBe(403)
      expect((await operator.call(`GET ${path}?${filter}`)).status, filter).toBe(200)
    }
  })
})

describe('isolation', () => {
  /** Every customer route that takes an id, with the owner's own id in it. */
  const routesWithIds = () =>
    routes
      .filter(route => route.access === 'customer')
      .flatMap(route => {
        const ids = { id: route.path.startsWith('/payment') ? paymentId : orderId, process_id: processId }
        const inQuery = Object.keys(route.contract.query?.describe().keys ?? {}).filter(
          key => key === 'order_id' || key === 'process_id',
        )
        const inBody = Object.keys(route.contract.body?.describe().keys ?? {}).filter(
          key => key === 'order_id' || key === 'process_id',
        )
        const path = verbAndPath(route, ids)
        if (route.path.includes(':')) return [{ path, body: undefined }]
        const value = (key: string) => (key === 'order_id' ? orderId : processId)
        return [
          ...inQuery.map(key => ({ path: `${path}?${key}=${value(key)}`, body: undefined })),
          ...inBody.map(key => ({ path, body: { [key]: value(key) } })),
        ]
      })

  test('whatever takes an id answers 404 to a stranger, and only to a stranger', async () => {
    const seen = routesWithIds()
    expect(seen.length).toBeGreaterThanOrEqual(18)
    for (const { path, body } of seen) {
      expect((await stranger.call(path, { body })).status, path).toBe(404)
      expect((await owner.call(path, { body })).status, path).not.toBe(404)
    }
  })

  test('an operator reads everything', async () => {
    for (const { path, body } of routesWithIds().filter(({ path }) => path.startsWith('GET'))) {
      expect((await operator.call(path, { body })).status, path).toBe(200)
    }
  })

  test('lists show a stranger nothing of the owner', async () => {
    for (const path of ['/orders', '/processes', '/payments']) {
      expect((await stranger.call<unknown[]>(`GET ${path}`)).body.data, path).toEqual([])
      expect((await owner.call<unknown[]>(`GET ${path}`)).body.data, path).toHaveLength(1)
    }
  })

  test.each(['..', '.', '%2e%2e', '..%2f', '_shared%2fairports', '.waybill', 'a%00b', 'a%5cb'])(
    'no dataset name leaves the account: %s',
    async name => {
      expect((await owner.call(`GET /data?dataset=${name}`)).status).toBe(400)
      expect(
        (await owner.call('POST /user/order', { body: { items: [{ dataset: decodeURIComponent(name) }] } })).status,
      ).toBe(400)
    },
  )
})

describe('rubbish', () => {
  /** Words that mean something somewhere, so that rubbish gets past the first check now and then. */
  const known = fc.constantFrom<unknown>(
    ...[
      'LOCAL',
      'AWS',
      'airports',
      'csv',
      'ndjson',
      'later',
      'mock',
      'tok_approve',
      'operator',
      'immediate',
      'local',
      '_shared',
    ],
    ...[
      'https://example.com/x',
      'http://127.0.0.1:1/',
      'ada@example.com',
      password,
      '',
      ' ',
      '\u0000',
      '\ud800',
      '🦄'.repeat(50),
      'x'.repeat(3_000),
    ],
    ...[0, -1, 1.5, 1e21, Number.MAX_SAFE_INTEGER, true, false, null],
  )
  const rubbish = fc.oneof(
    known,
    fc.jsonValue(),
    fc.array(known, { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('dataset', 'mode', 'token', 'root', 'url', 'x'), known),
  )
  const objectOf = (keys: string[]) =>
    fc.record(Object.fromEntries(keys.map(key => [key, rubbish])), { requiredKeys: [] })
  const allowed = new Set(['CLOUD_REFUSED', 'CLOUD_UNAVAILABLE'])
  // These end the session or the health of what the other checks need.
  const spared = new Set([
    'DELETE /authentication',
    'PATCH /clouds/:name',
    'PATCH /user/details',
    'PATCH /users/:id',
    'PUT /user/cloud',
  ])

  test('no body and no parameter yields a 5xx', { timeout: 120_000 }, async () => {
    for (const route of routes) {
      if (spared.has(`${route.verb.toUpperCase()} ${route.path}`) && route.verb !== 'patch') continue
      const bodyKeys = Object.keys(route.contract.body?.describe().keys ?? {})
      const queryKeys = Object.keys(route.contract.query?.describe().keys ?? {})
      const input = fc.record({
        body: bodyKeys.length > 0 ? fc.oneof(objectOf([...bodyKeys, 'surprise']), rubbish) : fc.constant(undefined),
        query: objectOf(queryKeys),
        param: fc.constantFrom(
          randomUUID(),
          orderId,
          processId,
          paymentId,
          'LOCAL',
          'mock',
          '%00',
          'x'.repeat(500),
          '..',
        ),
        requestId: fc.string({ unit: 'grapheme-ascii', maxLength: 20 }),
      })
      await fc.assert(
        fc.asyncProperty(input, async ({ body, query, param, requestId }) => {
          const search = new URLSearchParams(
            Object.entries(query).map(([key, value]): [string, string] => [
              key,
              typeof value === 'string' ? value : JSON.stringify(value),
            ]),
          )
          const path = route.path.replace(/:\w+/g, param)
          const as = route.access === 'operator' ? operator : stranger
          // Bodies that would really lock the operator out are not rubbish.
          const reply = await call(deployment.url, `${route.verb.toUpperCase()} ${path}?${search}`, {
            token: as.token,
            body: body === undefined ? undefined : JSON.stringify(body),
            headers: {
              'X-Request-Id': requestId.replace(/[^\x21-\x7e]/g, ''),
              Prefer: 'wait=0',
              'Idempotency-Key': 'fuzz',
            },
          })
          const told = `${route.verb} ${path}?${search} ${JSON.stringify(body)}: ${reply.text}`
          if (reply.status >= 500) expect(allowed, told).toContain(reply.body.code)
        }),
        { numRuns: bodyKeys.length + queryKeys.length > 0 ? 40 : 8 },
      )
    }
  })

  test('it has changed nothing that others stand on', async () => {
    expect((await owner.call(`GET /order/${orderId}`)).status).toBe(200)
    for (const service of deployment.serviceUrls) {
      const { body } = await call<unknown[]>(service, 'GET /dead-letters', { token: operator.token })
      expect(body.data).toEqual([])
      expect((await call(service, 'GET /readyz')).status).toBe(200)
    }
  })
})

const contractPaths = [
  ...['GET /healthz', 'GET /readyz', 'GET /metrics', 'GET /openapi.json', 'GET /asyncapi.json', 'GET /docs'],
  ...[
    'POST /user',
    'POST /authentication',
    'POST /authentication/refresh',
    'DELETE /authentication',
    'GET /user/details',
  ],
  ...[
    'PATCH /user/details',
    'PUT /user/cloud',
    'GET /users',
    'GET /users/:id',
    'PATCH /users/:id',
    'GET /.well-known/jwks.json',
  ],
  ...['GET /prices', 'PUT /prices/:cloud', 'POST /user/order', 'GET /orders', 'GET /order/:id', 'GET /order/details'],
  ...[
    'GET /order/:id/status',
    'GET /order/:id/history',
    'POST /order/:id/cancel',
    'POST /order/:id/retry',
    'POST /order/:id/replay',
    'GET /process/:process_id',
    'GET /order/:id/explain',
  ],
  ...[
    'GET /processes',
    'GET /callbacks',
    'POST /callbacks/:process_id/resend',
    'GET /callbacks/secret',
    'POST /callbacks/secret/rotate',
  ],
  ...['POST /payment', 'POST /payment/details', 'GET /payment/details', 'GET /payment/:id', 'GET /payments'],
  ...[
    'POST /payment/:id/refund',
    'POST /payment/webhook/:gateway',
    'GET /data',
    'GET /user/data',
    'GET /data/manifest',
  ],
  ...[
    'GET /clouds',
    'POST /clouds',
    'PATCH /clouds/:name',
    'POST /clouds/:name/check',
    'GET /dead-letters',
    'POST /dead-letters/:id/replay',
    'GET /audit',
  ],
]
