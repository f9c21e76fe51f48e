// One trace and one request id tell the story of an order, through every service, its messages, its due work and its callback.
import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Explanation, Order, Process, ServiceName, TokenPair } from '@waybill/contracts'
import { serviceNames } from '@waybill/contracts'
import { call, until } from '@waybill/platform/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newCustomer, password } from './customer.ts'
import { type Deployment, deploy } from './deployment.ts'
import { type CollectedSpan, startTraceCollector, type TraceCollector } from './trace-collector.ts'

interface Callback {
  headers: IncomingHttpHeaders
  event: Record<string, unknown>
}

/** A gateway that is out of order twice, a callback that is refused once: due work of every kind is done later than it was asked for. */
const gatewayToken = 'tok_outage'
const requestId = 'an-order-that-is-watched'
const orderSeconds = 60
const timeout = 180_000

let collector: TraceCollector
let deployment: Deployment
let stopped: boolean
let callbacks: Callback[]
let receiver: { url: string; stop: () => void }
let traceId: string
let clientSpanId: string

beforeEach(async () => {
  collector = await startTraceCollector()
  callbacks = []
  receiver = await startReceiver()
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, CALLBACK_ALLOW_PRIVATE: 'true', LOG_LEVEL: 'debug' }
  deployment = await deploy({ env })
  stopped = false
  traceId = randomBytes(16).toString('hex')
  clientSpanId = randomBytes(8).toString('hex')
})
afterEach(async () => {
  if (!stopped) await deployment.stop()
  receiver.stop()
  await collector.stop()
})

async function startReceiver(): Promise<typeof receiver> {
  const server = createServer(async (request, response) => {
    callbacks.push({ headers: request.headers, event: JSON.parse(await text(request)) })
    response.writeHead(callbacks.length === 1 ? 500 : 204).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return { url: `http://127.0.0.1:${port}/told`, stop: () => server.close() }
}

/** Stops all, which sends the spans that are left; answers those of the order's trace. */
async function collected(): Promise<CollectedSpan[]> {
  stopped = true
  await deployment.stop()
  return collector.spans.filter(span => span.traceId === traceId)
}

/** Orders as a client would that traces its own work; no process has seen the token before. */
async function placeOrder() {
  const { url } = deployment
  const { user } = await newCustomer(url)
  const session = await call<TokenPair>(url, 'POST /authentication', { body: { email: user.email, password } })
  const token = session.body.data.access_token
  const placed = await call<{ order: Order; process: Process }>(url, 'POST /user/order', {
    token,
    headers: { traceparent: `00-${traceId}-${clientSpanId}-01`, 'X-Request-Id': requestId },
    body: { items: [{ dataset: 'airports' }], callback_url: receiver.url, payment: { token: gatewayToken } },
  })
  expect(placed.status).toBe(202)
  return { token, order: placed.body.data.order }
}

type Placed = Awaited<ReturnType<typeof placeOrder>>

async function explain({ token, order }: Placed): Promise<Explanation> {
  return (await call<Explanation>(deployment.url, `GET /order/${order.id}/explain`, { token })).body.data
}

/** Delivered, captured, called back. */
async function untilTold({ token, order }: Placed): Promise<Explanation> {
  return until(
    () => explain({ token, order }),
    told =>
      told.next.startsWith('nothing') &&
      told.entries.some(entry => entry.kind === 'payment.capture') &&
      callbacks.length === 2,
    orderSeconds,
  )
}

/** The log of every process of now. */
function lines(): Record<string, unknown>[] {
  return deployment.instances.flatMap(instance =>
    instance
      .server()
      .output()
      .err.split('\n')
      .filter(line => line.startsWith('{'))
      .map(line => JSON.parse(line)),
  )
}

/** What every service is sure to do for an order. */
const steps: Record<ServiceName, string[]> = {
  user: ['dao findUserOfOpenSession'],
  order: [
    'POST /user/order',
    'bo placeOrder',
    'bo confirmOrderWhenPaymentAuthorized',
    'bo deliverOrderWhenExportFinished',
    'bo sendCallback',
    'POST callback',
  ],
  payment: [
    'bo authorizePaymentWhenOrderCreated',
    'bo settlePayment',
    'bo askGateway',
    'bo capturePaymentWhenOrderDelivered',
  ],
  data: ['bo startExportWhenOrderConfirmed', 'bo runExport', 'bo finishExport', 'bo openDeliveryWhenOrderDelivered'],
}

function expectOneTrace(spans: CollectedSpan[]): void {
  for (const service of serviceNames) {
    const names = new Set(spans.filter(span => span.service === `waybill-${service}`).map(span => span.name))
    expect([...names]).toEqual(expect.arrayContaining(steps[service]))
  }
  const ids = new Set(spans.map(span => span.spanId))
  const orphans = spans.filter(span => span.parentSpanId === undefined || !ids.has(span.parentSpanId))
  expect(orphans.map(({ name, parentSpanId }) => ({ name, parentSpanId }))).toEqual([
    { name: 'POST /user/order', parentSpanId: clientSpanId },
  ])
  // Nothing that was done for the order stands in another trace.
  const work = new Set([...steps.payment, ...steps.data, 'bo sendCallback', 'POST callback'])
  const elsewhere = collector.spans.filter(span => span.traceId !== traceId && work.has(span.name))
  expect(elsewhere.map(({ service, name }) => ({ service, name }))).toEqual([])
}

/** `logging`: the services whose lines are to be found. */
function expectOneRequest(told: Explanation, logging: readonly ServiceName[] = serviceNames): void {
  expect(told.entries.map(({ kind, request_id }) => ({ kind, request_id }))).toEqual(
    told.entries.map(({ kind }) => ({ kind, request_id: requestId })),
  )
  expect(new Set(told.entries.map(entry => entry.service))).toEqual(new Set(['order', 'payment', 'data']))
  for (const { headers, event } of callbacks) {
    expect(headers['x-request-id']).toBe(requestId)
    expect(String(headers.traceparent).slice(3, 35)).toBe(traceId)
    expect(event).toMatchObject({ requestid: requestId, traceparent: expect.stringContaining(traceId) })
  }
  const ours = lines().filter(line => line.trace_id === traceId || line.request_id === requestId)
  expect(ours.filter(line => line.trace_id !== traceId || line.request_id !== requestId)).toEqual([])
  const services = new Set(ours.map(line => line.service).filter(service => service !== undefined))
  expect(services).toEqual(new Set(logging))
  const work = new Set(['settlePayment', 'askGateway', 'runExport', 'finishExport', 'sendCallback', 'postCallback'])
  const elsewhere = lines().filter(line => work.has(String(line.call)) && line.trace_id !== traceId)
  expect(elsewhere).toEqual([])
}

test('an order with all that it sets off is one trace and one request', { timeout }, async () => {
  const told = await untilTold(await placeOrder())
  const spans = await collected()
  expectOneTrace(spans)
  expectOneRequest(told)
  const answered = lines().find(line => line.msg === 'request' && line.route === '/user/order')
  expect(answered).toMatchObject({ status: 202, trace_id: traceId, request_id: requestId })
  const [refused, taken] = spans
    .filter(span => span.name === 'POST callback')
    .sort((a, b) => Number(b.failed) - Number(a.failed))
  expect(refused).toMatchObject({ failed: true, attributes: { 'http.response.status_code': 500 } })
  expect(taken).toMatchObject({ failed: false, attributes: { 'http.response.status_code': 204 } })
  const parents = callbacks.map(({ headers }) => String(headers.traceparent).slice(36, 52))
  expect(parents).toEqual([refused!.spanId, taken!.spanId])
  if (deployment.topology === 'embedded') return
  expect(new Set(spans.map(span => span.instance)).size).toBeGreaterThanOrEqual(serviceNames.length)
  // The token of the order is judged by the user service, and that is seen from both sides.
  const asked = spans.find(span => span.name === 'GET user')
  const judged = spans.find(span => span.service === 'waybill-user' && span.name === 'GET /user/details')
  expect(asked).toMatchObject({ service: 'waybill-order', failed: false })
  expect(judged?.parentSpanId).toBe(asked?.spanId)
})

test('what a crash interrupts goes on in the same trace', { timeout }, async () => {
  const placed = await placeOrder()
  // The gateway has failed once: a payment to be tried again is a due row now.
  await until(
    () => explain(placed),
    told => told.entries.some(entry => entry.kind === 'payment.authorize'),
  )
  await deployment.kill()
  const before = new Set(collector.spans.map(span => span.spanId))
  await deployment.start()
  expectOneRequest(await untilTold(placed), ['order', 'payment', 'data'])
  const after = (await collected()).filter(span => !before.has(span.spanId)).map(span => span.name)
  expect(after).toEqual(expect.arrayContaining(['bo settlePayment', ...steps.data, 'bo sendCallback']))
})
