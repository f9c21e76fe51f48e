// Whatever keeps an order from going on is told while it does: the step, its error, the next try, and what may be done about it.
import type { Explanation, HastenedOrder, Order, Process, ReplayedOrder } from '@waybill/contracts'
import { newEvent } from '@waybill/platform/bus'
import { call, startService, type TestHost, until } from '@waybill/platform/testing'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { loadServices } from '../../apps/server/src/load-services.ts'
import { type MclassSimulator, startMclassSimulator } from '../../services/data/simulator/start-mclass-simulator.ts'
import { type Receiver, startReceiver } from '../../services/order/test/a-receiver-of-callbacks.ts'

const password = 'correct horse battery'
let host: TestHost
let mclass: MclassSimulator
let receiver: Receiver
let customer: string
let stranger: string
let operator: string

beforeAll(async () => {
  const records = Array.from({ length: 5_000 }, (_, id) => `{"id":${id},"text":"${'x'.repeat(300)}"}`)
  const dataset = { name: 'long', records, updatedAt: new Date().toISOString() }
  mclass = await startMclassSimulator({ datasetsOf: () => [dataset] })
  receiver = await startReceiver()
  host = await startService(await loadServices(), {
    env: { OPERATOR_EMAIL: 'ops@example.com', OPERATOR_PASSWORD: password, CALLBACK_ALLOW_PRIVATE: 'true' },
  })
  operator = await signIn('ops@example.com')
  await ask(operator, 'PATCH /clouds/MCLASS', {
    settings: { url: mclass.url, client_id: 'waybill', client_secret: 'mclass-secret' },
  })
  customer = await newcomer('ada@example.com', 'LOCAL')
  stranger = await newcomer('eve@example.com', 'LOCAL')
})
afterAll(async () => {
  await host?.stop()
  await mclass?.stop()
  await receiver?.stop()
})

async function ask<T>(token: string | undefined, verbAndPath: string, body?: unknown): Promise<T> {
  const reply = await call<T>(host.url, verbAndPath, { token, body })
  if (reply.status >= 400) throw new Error(`${verbAndPath}: ${reply.text}`)
  return reply.body.data
}

async function signIn(email: string): Promise<string> {
  return (await ask<{ access_token: string }>(undefined, 'POST /authentication', { email, password })).access_token
}

async function newcomer(email: string, cloud: string): Promise<string> {
  await ask(undefined, 'POST /user', { name: 'Ada', email, password, cloud })
  return signIn(email)
}

const place = async (body: object, token = customer) =>
  (
    await ask<{ order: Order; process: Process }>(token, 'POST /user/order', {
      items: [{ dataset: 'airports' }],
      ...body,
    })
  ).order
const explain = ({ id }: Order, token = customer) => ask<Explanation>(token, `GET /order/${id}/explain`)
const retry = ({ id }: Order, token = customer) => call<HastenedOrder>(host.url, `POST /order/${id}/retry`, { token })
const namesOf = ({ actions }: Explanation) => actions.map(({ name }) => name)
const inTrouble = (order: Order, step: string, token = customer) =>
  until(
    () => explain(order, token),
    ({ trouble }) => trouble?.step === step && trouble.next_attempt_at !== null,
  )
const ends = (order: Order, token = customer) =>
  until(
    () => explain(order, token),
    ({ ended }) => ended,
  )
/** Does what an action says, as a page would. */
const act = async (explanation: Explanation, name: string, token = customer) => {
  const action = explanation.actions.find(action => action.name === name)!
  return call(host.url, `${action.verb} ${action.path}`, { token, body: action.body ?? undefined })
}

test('a gateway that is out of order is told with the attempt and the time of the next, and trying now brings it forward once', async () => {
  const order = await place({ payment: { token: 'tok_outage' } })
  await inTrouble(order, 'authorize')
  const told = await until(
    () => explain(order),
    ({ trouble }) => trouble?.attempt === 2 && trouble.next_attempt_at !== null,
  )
  expect(told.trouble).toMatchObject({ service: 'payment', error: 'the mock gateway is out of order' })
  expect(told.summary).toBe(
    'The order waits for its payment of 1.00 USD to be authorized: attempt 2 to authorize it at gateway mock failed (the mock gateway is out of order).',
  )
  expect(told.next).toContain(`attempt 3 to authorize the payment is made at ${told.trouble!.next_attempt_at}`)
  expect(told.next_at).toBe(told.trouble!.next_attempt_at)
  expect(namesOf(told)).toEqual(['try_now', 'cancel'])
  const failed = told.entries.filter(({ kind }) => kind === 'payment.authorize')
  expect(failed.map(({ outcome, attempt }) => [outcome, attempt])).toEqual([
    ['failed', 1],
    ['failed', 2],
  ])

  const [first, second] = await Promise.all([retry(order), retry(order)])
  expect([first.status, second.status].sort()).toEqual([202, 409])
  const won = first.status === 202 ? first : second
  expect(won.body.data).toEqual({ order_id: order.id, hastened: [{ service: 'payment', work: ['settle-payment'] }] })
  const again = await retry(order)
  expect([again.status, again.body.code]).toEqual([429, 'TOO_MANY_REQUESTS'])
  expect(Number(again.headers.get('retry-after'))).toBeGreaterThan(0)
  const end = await ends(order)
  const authorizing = end.entries.filter(({ kind }) => kind === 'payment.authorize')
  expect(authorizing.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'done'])
  expect(end).toMatchObject({ state: 'delivered', percentage: 100, trouble: null, next_at: null, actions: [] })
})

test('an answer that was lost is told, and trying now asks the gateway', async () => {
  const order = await place({ payment: { token: 'tok_lost' } })
  const told = await inTrouble(order, 'authorize')
  expect(told.summary).toBe(
    "The order waits for its payment of 1.00 USD to be authorized: the gateway's answer was lost, so it is not known yet whether the money is reserved.",
  )
  expect(told.next).toContain('the gateway is asked at')
  expect(told.entries.at(-1)).toMatchObject({ kind: 'payment.authorize', outcome: 'waiting', attempt: 1 })
  expect((await act(told, 'try_now')).status).toBe(202)
  expect(await ends(order)).toMatchObject({ state: 'delivered' })
})

test('an export whose cloud fails tells what stopped it, and goes on when it is tried now', async () => {
  const token = await newcomer('bob@example.com', 'MCLASS')
  mclass.outage = true
  const order = await place({ items: [{ dataset: 'long' }], payment: { token: 'tok_approve' } }, token)
  const told = await inTrouble(order, 'export', token)
  expect(told.trouble).toMatchObject({ service: 'data', error: expect.stringContaining('MCLASS') })
  expect(told.summary).toContain('; it was interrupted at attempt ')
  expect(told.next).toMatch(/^attempt \d+ to export goes on (at \S+|now) where the last one stopped, then the payment/)
  expect(told.entries).toContainEqual(
    expect.objectContaining({ kind: 'export.file', outcome: 'waiting', percentage: 0 }),
  )
  expect(told.entries.at(-1)).toMatchObject({ kind: 'export.interrupted', outcome: 'failed' })
  mclass.outage = false
  const waiting = await until(
    () => explain(order, token),
    it => it.ended || namesOf(it).includes('try_now'),
  )
  if (!waiting.ended) expect([202, 409]).toContain((await act(waiting, 'try_now', token)).status)
  expect(await ends(order, token)).toMatchObject({ state: 'delivered' })
})

test('a callback that is refused is told with its next attempt, and is called back at once when that is asked for', async () => {
  receiver.answer = 503
  const order = await place({ payment: { token: 'tok_approve' }, callback_url: receiver.url })
  const told = await inTrouble(order, 'callback')
  expect(told.trouble).toMatchObject({ service: 'order', error: 'answered 503', attempt: 1 })
  expect(told.summary).toContain(`attempt 1 to call back ${receiver.url} failed (answered 503)`)
  expect(told.next).toContain(`${receiver.url} is called back at ${told.trouble!.next_attempt_at} (attempt 2)`)
  expect(told.ended).toBe(false)
  receiver.answer = 204
  expect((await retry(order)).body.data.hastened).toEqual([{ service: 'order', work: ['send-callback'] }])
  const end = await ends(order)
  const attempts = end.entries.filter(({ kind }) => kind === 'callback.attempted')
  expect(attempts.map(({ outcome, attempt }) => [outcome, attempt])).toEqual([
    ['failed', 1],
    ['done', 2],
  ])
  expect(namesOf(end)).toEqual(['resend_callback'])
  const before = receiver.received.length
  expect((await act(end, 'resend_callback')).status).toBe(202)
  await until(
    () => receiver.received.length,
    count => count === before + 1,
  )
})

test('a handler that fails is told, dies after five tries, and goes on once an operator has it replayed', async () => {
  const order = await place({ payment: { mode: 'later' } })
  await host.broker.waitFor('order.created', order.id)
  // News that comes before its time: payment cannot capture what nobody has authorized.
  const { id, process_id, user_id, amount, currency } = order
  const facts = { order_id: id, process_id, user_id, amount, currency }
  await host.broker.publish(newEvent('order.delivered', id, facts, host.clock.now()))

  const told = await inTrouble(order, 'handle order.delivered', operator)
  expect(told.trouble).toMatchObject({
    service: 'payment',
    attempt: 1,
    error: expect.stringContaining('was delivered'),
  })
  expect(told.summary).toContain(
    'the payment service failed at attempt 1 to handle the message that the order was delivered (order.delivered): Error',
  )
  expect(told.next).toContain(`attempt 2 to handle the message is made at ${told.trouble!.next_attempt_at}`)
  expect(namesOf(told)).toEqual(['try_now'])
  const seen = await explain(order)
  expect(seen.trouble).toMatchObject({ step: 'handle order.delivered', error: null })
  expect(JSON.stringify(seen)).not.toContain('Error')

  expect((await retry(order)).body.data.hastened).toEqual([{ service: 'payment', work: ['order.delivered'] }])
  const dead = await until(
    async () => {
      host.clock.advance(30_000)
      return explain(order, operator)
    },
    ({ trouble }) => trouble?.attempt === 5,
  )
  expect(dead.trouble!.next_attempt_at).toBeNull()
  expect(dead.summary).toContain('has given up on the message that the order was delivered')
  expect(dead.next).toContain('an operator')
  expect(namesOf(dead)).toEqual(['replay_dead_letter'])
  expect(dead.entries.at(-1)).toMatchObject({ kind: 'message.dead', service: 'payment', outcome: 'failed', attempt: 5 })
  // A customer learns that it hangs, and may pay or cancel: nothing of the inside, and no action of operators.
  const shown = await explain(order)
  expect(namesOf(shown)).toEqual(['pay', 'cancel'])
  expect(shown.entries.at(-1)).toMatchObject({ kind: 'message.dead' })
  expect(JSON.stringify(shown)).not.toContain('Error')
  expect((await call(host.url, `POST /order/${id}/replay`, { token: customer })).status).toBe(403)
  expect((await retry(order)).body.code).toBe('NOTHING_TO_RETRY')

  const pay = shown.actions.find(({ name }) => name === 'pay')!
  await ask(customer, `${pay.verb} ${pay.path}`, { ...pay.body, token: 'tok_approve' })
  await until(
    () => explain(order),
    ({ state }) => state === 'delivered',
  )
  const { body } = await act(dead, 'replay_dead_letter', operator)
  expect((body.data as ReplayedOrder).replayed).toMatchObject([{ service: 'payment', event_type: 'order.delivered' }])
  expect(await ends(order)).toMatchObject({ state: 'delivered', trouble: null })
  const none = await call(host.url, `POST /order/${id}/replay`, { token: operator })
  expect([none.status, none.body.code]).toEqual([404, 'DEAD_LETTER_NOT_FOUND'])
})

test('a fact that the broker does not take is told until it does', async () => {
  const { publish } = host.broker
  host.broker.publish = async () => {
    throw new Error('the broker is down')
  }
  onTestFinished(() => {
    host.broker.publish = publish
  })
  const order = await place({ payment: { token: 'tok_approve' } })
  expect((await explain(order)).trouble).toBeNull()
  host.clock.advance(3_500)
  const told = await explain(order)
  expect(told.trouble).toMatchObject({ service: 'order', step: 'publish order.created', next_attempt_at: null })
  expect(told.summary).toContain('has waited since')
  expect(told.next).toContain('as soon as the broker takes it')
  expect(told.entries).toContainEqual(expect.objectContaining({ kind: 'message.unsent', outcome: 'waiting' }))
  host.broker.publish = publish
  expect(await ends(order)).toMatchObject({ state: 'delivered' })
})

test('a stranger learns nothing and may do nothing', async () => {
  const order = await place({ payment: { token: 'tok_outage' } })
  await inTrouble(order, 'authorize')
  for (const path of [`GET /order/${order.id}/explain`, `POST /order/${order.id}/retry`]) {
    const { status, body } = await call(host.url, path, { token: stranger })
    expect([status, body.code]).toEqual([404, 'ORDER_NOT_FOUND'])
  }
  // What an operator does about it is not what its owner does.
  const waiting = await until(
    () => explain(order, operator),
    it => it.ended || namesOf(it).length > 0,
  )
  if (!waiting.ended) expect(namesOf(waiting)).toEqual(['try_now'])
})

test('the stream tells every change, from the first failure to the end, and ends', async () => {
  const order = await place({ payment: { token: 'tok_outage' } })
  const reply = await call(host.url, `GET /order/${order.id}/explain`, {
    token: customer,
    headers: { Accept: 'text/event-stream' },
  })
  expect(reply.headers.get('content-type')).toContain('text/event-stream')
  const told = [...reply.text.matchAll(/^event: explanation\ndata: (.+)$/gm)].map(
    ([, data]) => JSON.parse(data!) as Explanation,
  )
  expect(new Set(told.map(it => JSON.stringify(it))).size).toBe(told.length)
  expect(told.some(({ trouble }) => trouble?.step === 'authorize')).toBe(true)
  expect(told.slice(0, -1).every(({ ended }) => !ended)).toBe(true)
  expect(told.at(-1)).toMatchObject({ ended: true, state: 'delivered', trouble: null })
  expect(told.at(-1)).toEqual(await explain(order))
  const refused = await call(host.url, `GET /order/${order.id}/explain`, {
    token: stranger,
    headers: { Accept: 'text/event-stream' },
  })
  expect(refused.status).toBe(404)
})
