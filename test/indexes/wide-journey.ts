// Everything that people, operators and time do to the four services, so that every query of theirs is run at least once.
import type { EventFacts, Order, Payment, Process } from '@waybill/contracts'
import { newEvent } from '@waybill/platform/bus'
import { call, startFakePeer, type TestHost, until } from '@waybill/platform/testing'
import { type MclassSimulator, startMclassSimulator } from '../../services/data/simulator/start-mclass-simulator.ts'

const password = 'correct horse battery'
export const operatorSettings = { OPERATOR_EMAIL: 'ops@example.com', OPERATOR_PASSWORD: password }

type ByStripe = Pick<EventFacts['order.created'], 'gateway' | 'payment_token'>

const minute = 60_000
const day = 24 * 60 * minute

/** `byStripe`: how an order says that it is paid there. */
export async function goEverywhere(host: TestHost, byStripe: ByStripe): Promise<void> {
  const records = Array.from({ length: 5_000 }, (_, id) => `{"id":${id},"text":"${'x'.repeat(300)}"}`)
  const dataset = { name: 'long', records, updatedAt: new Date().toISOString() }
  const mclass = await startMclassSimulator({ datasetsOf: () => [dataset] })
  const receiver = await startFakePeer()
  try {
    await travel(host, mclass, `${receiver.url}/hook`, byStripe)
  } finally {
    await mclass.stop()
    await receiver.stop()
  }
}

async function travel(
  host: TestHost,
  mclass: MclassSimulator,
  receiver: string,
  { gateway, payment_token }: ByStripe,
): Promise<void> {
  /** Asks as somebody; fails where the answer is not one of success, unless a status is given. */
  const as =
    (token: string | undefined) =>
    async <T = never>(verbAndPath: string, body?: unknown, { status = 0, headers = {} } = {}) => {
      const reply = await call<T>(host.url, verbAndPath, { token, body, headers })
      if (status === 0 ? reply.status >= 400 : reply.status !== status) throw new Error(`${verbAndPath}: ${reply.text}`)
      return reply.body
    }
  type Ask = ReturnType<typeof as>
  const anybody = as(undefined)
  const signIn = async (email: string, secret = password) => {
    const tokens = { access_token: '', refresh_token: '' }
    return (await anybody<typeof tokens>('POST /authentication', { email, password: secret })).data
  }
  const newcomer = async (email: string, cloud: string) => {
    const { data } = await anybody<{ id: string }>('POST /user', { name: 'Ada', email, password, cloud })
    const tokens = await signIn(email)
    return { id: data.id, email, ...tokens, ask: as(tokens.access_token) }
  }
  /** Reads a list from its beginning and from behind its first row. */
  const pages = async (ask: Ask, path: string) => {
    const first = await ask(`GET ${path}${path.includes('?') ? '&' : '?'}limit=1`)
    const cursor = first.page?.next_cursor
    if (cursor) await ask(`GET ${path}${path.includes('?') ? '&' : '?'}limit=1&cursor=${encodeURIComponent(cursor)}`)
  }

  const operator = as((await signIn(operatorSettings.OPERATOR_EMAIL)).access_token)
  await operator('PATCH /clouds/MCLASS', {
    settings: { url: mclass.url, client_id: 'waybill', client_secret: 'mclass-secret' },
  })
  await operator('POST /clouds', { name: 'ELSEWHERE', driver: 'local', mode: 'immediate', settings: {} })
  await operator('POST /clouds/LOCAL/check')
  await anybody('GET /clouds')
  await anybody('GET /prices')
  await operator('PUT /prices/LOCAL', { amount: 120, currency: 'USD' })
  await operator('PUT /prices/ELSEWHERE', { amount: 150, currency: 'USD' })

  // People.
  const ada = await newcomer('ada@example.com', 'LOCAL')
  const { ask } = ada
  await ask('GET /user/details')
  await ask('PATCH /user/details', { name: 'Ada Lovelace' })
  await signIn(ada.email)
  await ask('PATCH /user/details', { password: 'another good password', current_password: password })
  await ask('PUT /user/cloud', { name: 'LOCAL' })
  const bob = await newcomer('bob@example.com', 'MCLASS')
  const refreshed = await anybody('POST /authentication/refresh', { refresh_token: bob.refresh_token })
  if (!refreshed.data) throw new Error('not refreshed')
  await anybody('POST /authentication/refresh', { refresh_token: bob.refresh_token }, { status: 401 })
  bob.ask = as((await signIn(bob.email)).access_token)
  const eve = await newcomer('eve@example.com', 'LOCAL')
  await eve.ask('DELETE /authentication')
  await operator(`PATCH /users/${eve.id}`, { role: 'operator' })
  await operator(`PATCH /users/${eve.id}`, { disabled: true })
  await pages(operator, '/users')
  await operator(`GET /users/${ada.id}`)

  // Orders: delivered, cancelled, paid later, never paid, never exported.
  const place = async (who: Ask, more: object = {}, headers = {}) => {
    const body = { items: [{ dataset: 'cars' }, { dataset: 'stocks', format: 'csv' }], ...more }
    return (await who<{ order: Order; process: Process }>('POST /user/order', body, { headers })).data.order
  }
  const state = async (order: Order) => (await operator<Order>(`GET /order/${order.id}`)).data.state
  const becomes = (order: Order, wanted: Order['state']) =>
    until(
      () => state(order),
      seen => seen === wanted,
      15,
    )
  const tryNow = (order: Order) =>
    until(
      () => call(host.url, `POST /order/${order.id}/retry`, { token: ada.access_token }),
      ({ status }) => status === 202,
    )
  const approved = { payment: { token: 'tok_approve' } }
  const delivered = await place(ask, { ...approved, callback_url: receiver }, { 'Idempotency-Key': 'k' })
  await place(ask, { ...approved, callback_url: receiver }, { 'Idempotency-Key': 'k' })
  await becomes(delivered, 'delivered')
  const { process_id } = delivered
  const attempts = () => ask<unknown[]>(`GET /callbacks?process_id=${process_id}`)
  await until(attempts, ({ data }) => data.length > 0)
  await ask(`POST /callbacks/${process_id}/resend`)
  await until(attempts, ({ data }) => data.length > 1)
  await pages(ask, `/callbacks?process_id=${process_id}`)
  await ask('GET /callbacks/secret')
  await ask('POST /callbacks/secret/rotate')
  const unknown = await place(ask, { ...approved, items: [{ dataset: 'no-such-dataset' }] })
  await becomes(unknown, 'cancelled')
  await becomes(await place(ask, { payment: { gateway, token: payment_token } }), 'delivered')
  const declined = await place(ask, { payment: { token: 'tok_decline' } })
  await becomes(declined, 'cancelled')
  const unpaid = await place(ask, { payment: { mode: 'later' } })
  const later = await place(ask, { payment: { mode: 'later' } })
  const early = await place(ask, { payment: { mode: 'later' } })
  const paid = await until(
    () =>
      call<Payment>(host.url, 'POST /payment', {
        token: ada.access_token,
        body: { order_id: later.id, token: 'tok_approve' },
      }),
    ({ status }) => status === 202,
  )
  await becomes(later, 'delivered')
  const lost = await place(ask, { payment: { token: 'tok_lost' } })
  await tryNow(lost)
  const outage = await place(ask, { payment: { token: 'tok_outage' } })
  mclass.latencyMilliseconds = 20
  const long = await place(bob.ask, { ...approved, items: [{ dataset: 'long' }] })
  await host.broker.waitFor('export.progressed', long.id)
  mclass.outage = true
  const trouble = () => host.query('data', 'select reason from exports where process_id = ?', long.process_id)
  await until(trouble, ([row]) => typeof row?.reason === 'string')
  mclass.outage = false
  mclass.latencyMilliseconds = 0
  host.clock.advance(2_000)
  await becomes(long, 'delivered')
  const cancelled = await place(bob.ask, { ...approved, items: [{ dataset: 'long' }] })
  await until(
    () => host.query('data', 'select position from export_files where process_id = ?', cancelled.process_id),
    rows => rows.length > 0,
  )
  await bob.ask(`POST /order/${cancelled.id}/cancel`)

  // What can be seen of them.
  for (const path of ['/orders', '/orders?state=delivered', '/processes', '/processes?status=1', '/payments']) {
    await pages(ask, path)
    await pages(operator, `${path}${path.includes('?') ? '&' : '?'}all=true`)
    await pages(operator, `${path}${path.includes('?') ? '&' : '?'}user_id=${ada.id}`)
  }
  for (const path of [`/order/${delivered.id}`, `/order/details?order_id=${delivered.id}`]) await ask(`GET ${path}`)
  for (const part of ['status', 'history', 'explain']) await ask(`GET /order/${delivered.id}/${part}`)
  await operator(`POST /order/${delivered.id}/replay`, undefined, { status: 404 })
  await ask(`GET /process/${process_id}`)
  await ask(`GET /process/${unpaid.process_id}`, undefined, { headers: { Prefer: 'wait=1' } })
  await ask(`GET /payment/details?order_id=${delivered.id}`)
  await ask(`GET /payments?order_id=${delivered.id}`)
  await ask(`GET /payment/${paid.body.data.id}`)
  await operator(`POST /payment/${paid.body.data.id}/refund`, { amount: 10, reason: 'a journey' })
  await operator('POST /payments/details', { order_ids: [delivered.id, later.id] })
  await operator('POST /exports/details', { process_ids: [delivered.process_id, later.process_id] })
  await ask(`GET /exports/${process_id}`)
  await ask('GET /data')
  await ask('GET /data?dataset=cars&limit=5')
  await ask(`GET /data/manifest?process_id=${process_id}`)
  await ask(`GET /data?process_id=${process_id}&dataset=cars&limit=5`)
  await bob.ask(`GET /data?process_id=${long.process_id}&dataset=long&limit=5`)

  // What goes wrong: messages that cannot be handled, answers that were lost.
  const nowhere = { order_id: unpaid.id, payment_id: unpaid.id, user_id: ada.id, amount: 1, currency: 'USD' }
  for (const subject of ['a', 'b']) {
    await host.broker.publish(
      newEvent('payment.authorized', subject, { ...nowhere, order_id: crypto.randomUUID() }, host.clock.now()),
    )
  }
  // One that is too early: it is handled at its second try.
  const moveAway = (to: string, from: string) => host.query('order', 'update orders set id = ? where id = ?', to, from)
  const elsewhere = crypto.randomUUID()
  await moveAway(elsewhere, early.id)
  await host.broker.publish(
    newEvent('payment.authorized', early.id, { ...nowhere, order_id: early.id }, host.clock.now()),
  )
  await moveAway(early.id, elsewhere)
  await tryNow(early)
  await becomes(early, 'confirmed')
  await host.broker.giveUp(
    'order',
    newEvent('payment.authorized', 'c', { ...nowhere, order_id: crypto.randomUUID() }, host.clock.now()),
  )
  const dead = async () => (await operator<{ id: string; service: string }[]>('GET /dead-letters')).data
  await until(
    async () => {
      host.clock.advance(30_000)
      return dead()
    },
    letters => letters.length > 2,
  )
  await pages(operator, '/dead-letters')
  await operator(`POST /dead-letters/${(await dead())[0]!.id}/replay`)
  await pages(operator, '/outbox')
  await operator('GET /outbox?service=order')
  // The audit looks twice at what seems wrong.
  const setPayment = (to: string) =>
    host.query('payment', 'update payments set state = ? where order_id = ?', to, delivered.id)
  await setPayment('voided')
  await operator('GET /audit')
  await setPayment('captured')
  await operator(`GET /audit?since=${new Date(host.clock.now() - 1_000).toISOString()}&limit=1`)
  for (const path of ['/metrics', '/readyz', '/.well-known/jwks.json']) await call(host.url, `GET ${path}`)

  // What time does: windows close, answers are asked for, houses are kept.
  host.clock.advance(10 * minute)
  await becomes(lost, 'delivered')
  await becomes(outage, 'delivered')
  host.clock.advance(31 * minute)
  await becomes(unpaid, 'cancelled')
  const kept = await signIn(operatorSettings.OPERATOR_EMAIL)
  const renew = async (refresh_token: string) =>
    (await anybody<typeof kept>('POST /authentication/refresh', { refresh_token })).data.refresh_token
  const second = await renew(kept.refresh_token)
  host.clock.advance(20 * day)
  await renew(second)
  host.clock.advance(20 * day)
  const tokens = () => host.query('user', 'select used_at from refresh_tokens')
  await until(tokens, left => left.length === 1)
  host.clock.advance(60 * day)
  await until(tokens, left => left.length === 0)
}
