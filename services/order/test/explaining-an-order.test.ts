import type {
  Explanation,
  ExportRecord,
  HastenedOrder,
  Payment,
  ShowWorkBody,
  WaitingRetry,
  WaitingWork,
} from '@waybill/contracts'
import { call, type FakePeer, startFakePeer, type TestHost, until } from '@waybill/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startReceiver } from './a-receiver-of-callbacks.ts'
import { cancel, type Placed, placeOrder, startOrderService, tell } from './an-order-and-its-events.ts'
import { exportOf } from './what-data-tells.ts'
import { attempt, payment } from './what-payment-tells.ts'

let host: TestHost
let token: string
let payments: FakePeer
let data: FakePeer

beforeAll(async () => {
  payments = await startFakePeer()
  data = await startFakePeer()
  payments.answers['POST /work/details'] = answerOf('payment')
  data.answers['POST /work/details'] = answerOf('data')
  host = await startOrderService({
    peerUrls: { payment: payments.url, data: data.url },
    env: { CALLBACK_ALLOW_PRIVATE: 'true' },
  })
  token = host.users.signIn().token
})
afterAll(async () => {
  await host.stop()
  await payments.stop()
  await data.stop()
})

/** What payment and data keep, by the id that they know an order by; undefined where they cannot be reached about it. */
const records = { payment: new Map<string, Payment | undefined>(), data: new Map<string, ExportRecord | undefined>() }
const tellPayment = ({ order }: Placed, it: Payment | undefined) => void records.payment.set(order.id, it)
const tellExport = ({ order }: Placed, it: ExportRecord | undefined) => void records.data.set(order.process_id, it)
/** What waits with them, about every order. */
const waiting: Record<string, Partial<WaitingWork>> = {}
const tellWork = (service: 'payment' | 'data', work: Partial<WaitingWork>) => {
  waiting[service] = work
}
const tellRetry = (service: 'payment' | 'data', ...retries: WaitingRetry[]) => tellWork(service, { retries })
/** A record that is not known is null; one that cannot be read is left out. */
const answerOf = (service: 'payment' | 'data') => (body: ShowWorkBody) => {
  const kept = records[service]
  const known = body.subjects.find(id => kept.has(id))
  const record = known === undefined ? null : kept.get(known)
  const nothing = { messages: [], recovered: [], may_have_more: false, retries: [] }
  return { status: 200, data: { service, record, ...nothing, ...waiting[service] } }
}
const minutes = 60_000
const after = ({ order }: Placed, milliseconds: number) =>
  new Date(Date.parse(order.created_at) + milliseconds).toISOString()
const explain = async ({ order }: Placed) => {
  const reply = await call<Explanation>(host.url, `GET /order/${order.id}/explain`, { token })
  expect(reply.status).toBe(200)
  return reply.body.data
}

test('an order that was just placed waits for the answer of the gateway', async () => {
  const placed = await placeOrder(host, token)
  const told = await explain(placed)
  expect(told).toMatchObject({
    order_id: placed.order.id,
    summary: 'The order waits for its payment of 1.00 USD to be authorized.',
    entries: [{ service: 'order', kind: 'order.created', request_id: expect.any(String) }],
  })
  expect(told.next).toContain("the gateway's answer")
  expect(told.next).toContain(after(placed, 24 * 60 * minutes))
  expect(told.entries[0]?.text).toContain('airports')
})

test('an order to be paid later waits for its owner, and says until when', async () => {
  const placed = await placeOrder(host, token, { payment: { mode: 'later' } })
  const told = await explain(placed)
  expect(told.summary).toBe('The order waits for its owner to pay 1.00 USD.')
  expect(told.next_at).toBe(told.deadline)
  expect(told.actions).toMatchObject([
    { name: 'pay', verb: 'POST', path: '/payment', body: { order_id: placed.order.id } },
    { name: 'cancel', verb: 'POST', path: `/order/${placed.order.id}/cancel`, body: null },
  ])
  expect(told.next).toContain(after(placed, 30 * minutes))
  expect(told.next).toContain('POST /payment')

  tellPayment(placed, payment(placed, 'pending', [attempt({ operation: 'authorize', outcome: 'unknown' })]))
  const paying = await explain(placed)
  expect(paying.summary).toBe('The order waits for its payment of 1.00 USD to be authorized.')
  expect(paying.next).not.toContain('POST /payment')
})

test.each([
  ['unknown', "the gateway's answer was lost", 'the gateway is asked at'],
  ['failed', 'the gateway answered 503', 'attempt 2 to authorize the payment is made at'],
] as const)('a gateway whose answer is %s is named as what the order waits for', async (outcome, error, next) => {
  const placed = await placeOrder(host, token)
  const dueAt = after(placed, minutes)
  const state = outcome === 'unknown' ? 'unknown' : 'pending'
  tellPayment(placed, payment(placed, state, [attempt({ operation: 'authorize', outcome, error })]))
  tellRetry('payment', { kind: 'settle-payment', attempt: 0, due_at: dueAt, under_way: false })
  const told = await explain(placed)
  expect(told.summary).toContain(error)
  expect(told.next).toContain(`${next} ${dueAt}`)
  expect(told.trouble).toEqual({ service: 'payment', step: 'authorize', error, attempt: 1, next_attempt_at: dueAt })
  expect(told.next_at).toBe(dueAt)
  tellRetry('payment', { kind: 'settle-payment', attempt: 0, due_at: dueAt, under_way: true })
  const asked = await explain(placed)
  expect(asked.trouble).toMatchObject({ next_attempt_at: null })
  expect(asked.next).toContain('now')
  tellRetry('payment')
})

test('a confirmed order tells its payment and how far each file is, in one story', async () => {
  const placed = await placeOrder(host, token)
  await tell.authorized(host, placed)
  await tell.progressed(host, placed, 70)
  tellPayment(placed, payment(placed, 'authorized', [attempt({ operation: 'authorize' })]))
  tellExport(placed, exportOf(placed, 'running'))
  const told = await explain(placed)
  expect(told.summary).toBe('The payment is authorized and the export is at 70 % (exporting airports).')
  expect(told.next).toContain('captured')
  expect(new Set(told.entries.map(it => it.service))).toEqual(new Set(['order', 'payment', 'data']))
  expect(told.entries.map(it => it.kind)).toEqual(
    expect.arrayContaining(['order.confirmed', 'payment.opened', 'payment.authorize', 'export.started', 'export.file']),
  )
  const times = told.entries.map(it => it.at)
  expect(times).toEqual([...times].sort())
})

test('an export that makes no progress tells why, and that it is tried again', async () => {
  const placed = await placeOrder(host, token)
  await tell.authorized(host, placed)
  await tell.progressed(host, placed, 70)
  tellExport(placed, { ...exportOf(placed, 'running'), reason: 'cloud LOCAL does not answer' })
  const dueAt = after(placed, minutes)
  tellRetry('data', { kind: 'run-export', attempt: 3, due_at: dueAt, under_way: false })
  const told = await explain(placed)
  expect(told.summary).toBe(
    'The payment is authorized and the export is at 70 % (exporting airports); ' +
      'it was interrupted at attempt 3: cloud LOCAL does not answer.',
  )
  expect(told.next).toContain(
    `attempt 4 to export goes on at ${dueAt} where the last one stopped, then the payment is captured; if that`,
  )
  expect(told.actions.map(({ name }) => name)).toEqual(['try_now', 'cancel'])
  tellWork('data', {})
})

test('each service is asked once for its part of the story', async () => {
  const placed = await placeOrder(host, token)
  const before = [payments.asked.length, data.asked.length]
  await explain(placed)
  const asked = [payments.asked.slice(before[0]), data.asked.slice(before[1])]
  expect(asked.map(calls => calls.map(({ verb, path }) => `${verb} ${path}`))).toEqual([
    ['POST /work/details'],
    ['POST /work/details'],
  ])
})

test('a message that was handled at a later try is told, its error to operators alone', async () => {
  const placed = await placeOrder(host, token)
  const [failed_at, handled_at] = [after(placed, 1_000), after(placed, 7_000)]
  const message = { event_type: 'order.created', error: 'Error: no table', tries: 3, request_id: 'asked', failed_at }
  tellWork('payment', { recovered: [{ ...message, handled_at }] })
  const told = await explain(placed)
  const entry = told.entries.find(it => it.kind === 'message.recovered')
  expect(entry).toMatchObject({ at: handled_at, service: 'payment', outcome: 'done', attempt: 3, request_id: 'asked' })
  expect(entry!.text).toContain('(order.created) was handled at attempt 3')
  expect(entry!.text).not.toContain('no table')
  expect(told.trouble).toBeNull()
  const operator = host.users.signIn({ role: 'operator' }).token
  const reply = await call<Explanation>(host.url, `GET /order/${placed.order.id}/explain`, { token: operator })
  expect(reply.body.data.entries.find(it => it.kind === 'message.recovered')?.text).toContain('no table')
  tellWork('payment', {})
})

test('a refund is told, and whether it was all of the money', async () => {
  const placed = await placeOrder(host, token)
  await tell.authorized(host, placed)
  await tell.finished(host, placed)
  const captured = payment(placed, 'captured', [attempt({ operation: 'capture' })])
  tellPayment(placed, captured)
  expect((await explain(placed)).summary).not.toContain('refund')
  tellPayment(placed, { ...captured, refunded_amount: 40 })
  expect((await explain(placed)).summary).toContain('Of its payment of 1.00 USD, 0.40 USD was refunded.')
  tellPayment(placed, { ...captured, state: 'refunded', refunded_amount: 100 })
  const told = await explain(placed)
  expect(told.summary).toContain('The order was delivered')
  expect(told.summary).toContain('Its payment of 1.00 USD was refunded in full.')
  expect(told.next).toBe('nothing: the order is delivered, and that is final')
})

test('each entry names the request that led to it, in every service', async () => {
  const placed = await placeOrder(host, token)
  await tell.authorized(host, placed)
  tellPayment(
    placed,
    payment(placed, 'voided', [
      attempt({ operation: 'authorize', request_id: 'asked-by-order' }),
      attempt({ operation: 'void', request_id: 'asked-by-cancel' }),
    ]),
  )
  tellExport(placed, { ...exportOf(placed, 'cancelled'), request_id: 'asked-by-order' })
  const cancelled = await cancel(host, token, placed)
  const entries = await explain(placed).then(told => told.entries)
  const requestOf = (kind: string) => entries.find(entry => entry.kind === kind)?.request_id
  expect(requestOf('payment.opened')).toBe(requestOf('order.created'))
  expect(requestOf('payment.authorize')).toBe('asked-by-order')
  expect(requestOf('payment.void')).toBe('asked-by-cancel')
  expect(requestOf('export.started')).toBe('asked-by-order')
  expect(requestOf('export.file')).toBe('asked-by-order')
  expect(requestOf('export.cancelled')).toBe(cancelled.body.request_id)
  expect(requestOf('order.cancelled')).toBe(cancelled.body.request_id)
})

test('the other services are asked in the name of who asks', async () => {
  const placed = await placeOrder(host, token)
  await explain(placed)
  expect(payments.asked.at(-1)?.token).toBe(token)
  expect(data.asked.at(-1)?.token).toBe(token)
})

test('a delivered order has nothing left to happen once it is captured and called back', async () => {
  const receiver = await startReceiver(500)
  const placed = await placeOrder(host, token, { callback_url: receiver.url })
  await tell.authorized(host, placed)
  await tell.finished(host, placed)
  tellPayment(placed, payment(placed, 'authorized'))
  const trying = await until(
    () => explain(placed),
    it => it.entries.some(entry => entry.kind === 'callback.attempted'),
  )
  expect(trying.next).toContain('the payment is captured')
  expect(trying.next).toContain(`${receiver.url} is called back at`)

  tellPayment(placed, payment(placed, 'captured', [attempt({ operation: 'capture' })]))
  receiver.answer = 200
  host.clock.advance(7_000)
  const told = await until(
    () => explain(placed),
    it => it.next.startsWith('nothing'),
  )
  expect(told.summary).toContain('delivered')
  expect(told.entries.filter(it => it.kind === 'callback.attempted')).toHaveLength(2)
  await receiver.stop()
})

test('a cancelled order tells why, and whether its money is on its way back', async () => {
  const placed = await placeOrder(host, token)
  await tell.authorized(host, placed)
  await tell.failed(host, placed, 'there is no dataset airports in cloud LOCAL')
  tellPayment(placed, payment(placed, 'authorized'))
  const told = await explain(placed)
  expect(told.summary).toBe(
    'The order was cancelled because its export failed: there is no dataset airports in cloud LOCAL.',
  )
  expect(told.next).toBe('the payment is voided')
  tellPayment(placed, payment(placed, 'voided', [attempt({ operation: 'void' })]))
  expect((await explain(placed)).next).toBe('nothing: the order is cancelled, and that is final')
})

test('a declined payment is told with its code', async () => {
  const placed = await placeOrder(host, token)
  await tell.declined(host, placed)
  const declined = payment(placed, 'declined', [attempt({ operation: 'authorize', outcome: 'declined' })])
  tellPayment(placed, { ...declined, decline_code: 'card_declined' })
  const told = await explain(placed)
  expect(told.summary).toContain('card_declined')
  expect(told.entries.find(it => it.kind === 'payment.authorize')?.text).toContain('declined: card_declined')
})

test('what waits is tried now in the services that have it, and not again within seconds', async () => {
  const placed = await placeOrder(host, token)
  const retry = () => call<HastenedOrder>(host.url, `POST /order/${placed.order.id}/retry`, { token })
  const hastens = (peer: FakePeer, ...hastened: string[]) => {
    peer.answers['POST /work/hasten'] = { status: 200, data: { hastened } }
  }
  hastens(payments)
  hastens(data)
  expect((await retry()).body.code).toBe('NOTHING_TO_RETRY')

  hastens(payments, 'settle-payment')
  data.answers['POST /work/hasten'] = undefined
  const tried = await retry()
  expect(tried.status).toBe(202)
  expect(tried.body.data.hastened).toEqual([{ service: 'payment', work: ['settle-payment'] }])
  expect((await retry()).body.code).toBe('TOO_MANY_REQUESTS')
  host.clock.advance(5_500)
  expect((await retry()).status).toBe(202)

  // Who does not answer may have something that waits: that is not nothing.
  host.clock.advance(5_500)
  hastens(payments)
  const unsure = await retry()
  expect([unsure.status, unsure.body.code]).toEqual([503, 'DEPENDENCY_UNAVAILABLE'])
  hastens(data)
})

test('a broker that has been down for long, with more messages than can be looked at, is named', async () => {
  const placed = await placeOrder(host, token)
  tellWork('data', { may_have_more: true })
  const told = await explain(placed)
  expect(told.summary).toContain('Very many messages of the data service wait for the message broker')
  tellRetry('data')
})

test('services that are down leave a gap in the story that is named, not an error', async () => {
  const placed = await placeOrder(host, token)
  await cancel(host, token, placed)
  tellPayment(placed, undefined)
  tellExport(placed, undefined)
  const told = await explain(placed)
  expect(told.summary).toContain('The payment service does not answer')
  expect(told.summary).toContain('The data service does not answer')
  expect(told.next).toContain('payment service')
  expect(told.entries.map(it => it.kind)).toEqual(['order.created', 'order.cancelled'])
})

test('a stream ends with its token, instead of telling that services are down which refuse it', async () => {
  const { token } = host.users.signIn({ expires_at: host.clock.now() + minutes })
  const placed = await placeOrder(host, token)
  tellPayment(placed, payment(placed, 'pending', []))
  const response = await fetch(`${host.url}/order/${placed.order.id}/explain`, {
    headers: { Authorization: `Bearer ${token}`, Accept: 'text/event-stream' },
  })
  let told = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    told += chunk
    tellPayment(placed, undefined)
    host.clock.advance(minutes)
  }
  expect(told.match(/^event: explanation$/gm)).toHaveLength(1)
})
