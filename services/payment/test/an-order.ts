// An order as the order service would tell of it: its events, and its answer to GET /order/:id.
import type { CancelReason, EventFacts, Order, Payment, PaymentState } from '@waybill/contracts'
import { call, type FakePeer, type TestHost, until } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'

export interface TestOrder {
  readonly created: EventFacts['order.created']
  readonly delivered: EventFacts['order.delivered']
  cancelled(reason?: CancelReason): EventFacts['order.cancelled']
}

export function newOrder(userId: string, facts: Partial<EventFacts['order.created']> = {}): TestOrder {
  const created: EventFacts['order.created'] = {
    order_id: uuidv7(),
    process_id: uuidv7(),
    user_id: userId,
    cloud: 'LOCAL',
    account: userId,
    items: [{ dataset: 'airports', format: 'ndjson' }],
    amount: 300,
    currency: 'USD',
    payment_mode: 'now',
    gateway: null,
    payment_token: 'tok_approve',
    ...facts,
  }
  const { order_id, process_id, user_id, cloud, account, amount, currency, payment_mode } = created
  return {
    created,
    delivered: { order_id, process_id, user_id, amount, currency },
    cancelled: (cancel_reason = 'cancelled_by_user') => ({
      order_id,
      process_id,
      user_id,
      cloud,
      account,
      amount,
      currency,
      payment_mode,
      cancel_reason,
    }),
  }
}

/** Has the order service know the order, as it does before the event arrives. */
export function showOrderTo(orderService: FakePeer, { created }: TestOrder, state: Order['state'] = 'created'): void {
  orderService.answers[`GET /order/${created.order_id}`] = {
    status: 200,
    data: { ...created, id: created.order_id, state },
  }
}

/** Publishes an event of the order; answers it, to be sent twice. */
export function tell<K extends 'order.created' | 'order.delivered' | 'order.cancelled'>(
  host: TestHost,
  type: K,
  facts: EventFacts[K],
) {
  return host.broker.send(type, facts.order_id, facts)
}

export interface Customer {
  userId: string
  token: string
}

export function signIn(host: TestHost, as: { user_id?: string; role?: 'customer' | 'operator' } = {}): Customer {
  const { token, principal } = host.users.signIn(as)
  return { userId: principal.user_id, token }
}

export async function paymentOf(host: TestHost, token: string, order: TestOrder): Promise<Payment> {
  const { body } = await call<Payment>(host.url, `GET /payment/details?order_id=${order.created.order_id}`, { token })
  return body.data
}

/** Waits until the order's payment is in one of the states; answers it. */
export function paymentBecomes(
  host: TestHost,
  token: string,
  order: TestOrder,
  ...states: PaymentState[]
): Promise<Payment> {
  return until(
    () => paymentOf(host, token, order),
    payment => states.includes(payment?.state),
  )
}

/** `authorize succeeded`, in the order in which they were made. */
export function attemptsOf(payment: Payment): string[] {
  return payment.attempts.map(({ operation, outcome }) => `${operation} ${outcome}`)
}

/** The types of the payment events about an order so far. */
export async function saidOf(host: TestHost, order: TestOrder): Promise<string[]> {
  const committed = await host.query('payment', 'select id from outbox')
  // What the work of a timer has made true can be read a moment before it is told.
  await until(
    () => committed.every(({ id }) => host.broker.published.some(event => event.id === id)),
    allTold => allTold,
  )
  return host.broker.published
    .filter(({ subject, type }) => subject === order.created.order_id && type.startsWith('payment.'))
    .map(({ type }) => type)
}
