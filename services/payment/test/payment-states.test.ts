// Every cell of the state table: what each event and each request does to a payment in each state.
import type { Payment } from '@waybill/contracts'
import { call, type Reply, startService, type TestHost, until } from '@waybill/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { paymentServiceWith } from '../src/payment-service.ts'
import { attemptsOf, type Customer, newOrder, paymentOf, saidOf, signIn, type TestOrder, tell } from './an-order.ts'
import { FaultyGateway } from './faulty-gateway.ts'

let host: TestHost
let operator: Customer
const gateway = new FaultyGateway()

beforeAll(async () => {
  host = await startService([paymentServiceWith({ wrapGateway: gateway.wrap })])
  operator = signIn(host, { role: 'operator' })
})
afterAll(() => host.stop())

interface Case {
  order: TestOrder
  customer: Customer
}

type State =
  | 'pending, to be paid later'
  | 'pending, being authorized'
  | 'pending, after an outage'
  | 'authorized'
  | 'authorized, being captured'
  | 'authorized, being voided'
  | 'captured'
  | 'declined'
  | 'voided'
  | 'refunded'
  | `unknown, ${'authorization' | 'capture' | 'void' | 'refund'} lost`

/** What is under way or has an unknown outcome is left so: how it goes on is part of the cell. */
const states: Record<State, () => Promise<Case>> = {
  'pending, to be paid later': () => begin({ payment_mode: 'later' }),
  'pending, being authorized': async () => {
    gateway.faults.authorize.push('hold')
    const it = await begin({})
    return holds(it)
  },
  'pending, after an outage': async () => {
    gateway.faults.authorize.push('outage')
    const it = await begin({})
    await reaches(it, 'authorize failed')
    return it
  },
  authorized: async () => {
    const it = await begin({})
    await reaches(it, 'authorize succeeded')
    return it
  },
  'authorized, being captured': async () => {
    gateway.faults.capture.push('hold')
    const it = await states.authorized()
    await tell(host, 'order.delivered', it.order.delivered)
    return holds(it)
  },
  'authorized, being voided': async () => {
    gateway.faults.void.push('hold')
    const it = await states.authorized()
    await tell(host, 'order.cancelled', it.order.cancelled())
    return holds(it)
  },
  captured: async () => {
    const it = await states.authorized()
    await tell(host, 'order.delivered', it.order.delivered)
    await reaches(it, 'capture succeeded')
    return it
  },
  declined: async () => {
    const it = await begin({ payment_token: 'tok_decline' })
    await reaches(it, 'authorize declined')
    return it
  },
  voided: async () => {
    const it = await states.authorized()
    await tell(host, 'order.cancelled', it.order.cancelled())
    await reaches(it, 'void succeeded')
    return it
  },
  refunded: async () => {
    const it = await states.captured()
    await refund(it)
    return it
  },
  'unknown, authorization lost': async () => {
    gateway.faults.authorize.push('lost')
    const it = await begin({})
    await becomesUnknown(it)
    return it
  },
  'unknown, capture lost': async () => {
    gateway.faults.capture.push('lost')
    const it = await states.authorized()
    await tell(host, 'order.delivered', it.order.delivered)
    await becomesUnknown(it)
    return it
  },
  'unknown, void lost': async () => {
    gateway.faults.void.push('lost')
    const it = await states.authorized()
    await tell(host, 'order.cancelled', it.order.cancelled())
    await becomesUnknown(it)
    return it
  },
  'unknown, refund lost': async () => {
    const it = await states.captured()
    gateway.faults.refund.push('lost')
    await refund(it)
    return it
  },
}

async function begin(facts: Parameters<typeof newOrder>[1]): Promise<Case> {
  const customer = signIn(host)
  const order = newOrder(customer.userId, facts)
  await tell(host, 'order.created', order.created)
  return { customer, order }
}

function reaches({ customer, order }: Case, attempt: string): Promise<Payment> {
  return until(
    () => paymentOf(host, customer.token, order),
    payment => attemptsOf(payment).at(-1) === attempt,
  )
}

/** The gateway has done what was asked of it, and its answer has not arrived. */
async function holds(it: Case): Promise<Case> {
  await until(
    () => gateway.holding,
    holding => holding > 0,
  )
  return it
}

function becomesUnknown({ customer, order }: Case): Promise<Payment> {
  return until(
    () => paymentOf(host, customer.token, order),
    payment => payment.state === 'unknown',
  )
}

async function refund({ customer, order }: Case, body: object = { reason: 'a test' }): Promise<Reply<Payment>> {
  const { id } = await paymentOf(host, customer.token, order)
  return call<Payment>(host.url, `POST /payment/${id}/refund`, { token: operator.token, body })
}

/** Lets answers arrive and time pass until nothing is open. */
async function settles(it: Case, state: Payment['state']): Promise<Payment> {
  gateway.letGo()
  return until(
    async () => {
      host.clock.advance(60_000)
      return paymentOf(host, it.customer.token, it.order)
    },
    payment => payment.state === state && payment.attempts.every(({ outcome }) => outcome !== 'unknown'),
  )
}

const everyState = Object.keys(states) as State[]
/** Where a payment ends when nothing more happens to it. */
const byItself: Record<State, Payment['state']> = {
  'pending, to be paid later': 'pending',
  'pending, being authorized': 'authorized',
  'pending, after an outage': 'authorized',
  authorized: 'authorized',
  'authorized, being captured': 'captured',
  'authorized, being voided': 'voided',
  captured: 'captured',
  declined: 'declined',
  voided: 'voided',
  refunded: 'refunded',
  'unknown, authorization lost': 'authorized',
  'unknown, capture lost': 'captured',
  'unknown, void lost': 'voided',
  'unknown, refund lost': 'refunded',
}

test.each(everyState)('a payment that is %s ends where it was going when nothing else comes', async state => {
  const it = await states[state]()
  await settles(it, byItself[state])
})

test.each(everyState)(
  'a payment that is %s is not changed by order.created coming again, as it was or anew',
  async state => {
    const it = await states[state]()
    const before = await paymentOf(host, it.customer.token, it.order)
    const event = await tell(host, 'order.created', it.order.created)
    await host.broker.publish(event)
    const after = await paymentOf(host, it.customer.token, it.order)
    expect(attemptsOf(after)).toEqual(attemptsOf(before))
    await settles(it, byItself[state])
    expect(await chargesOf(it)).toBeLessThanOrEqual(1)
  },
)

const whenDelivered: Record<State, Payment['state']> = {
  ...byItself,
  'pending, being authorized': 'captured',
  'pending, after an outage': 'captured',
  authorized: 'captured',
  'unknown, authorization lost': 'captured',
}

test.each(everyState)(
  'order.delivered takes the money of a payment that is %s, where there is any to take',
  async state => {
    const it = await states[state]()
    const event = await tell(host, 'order.delivered', it.order.delivered)
    await host.broker.publish(event)
    await settles(it, whenDelivered[state])
    expect((await saidOf(host, it.order)).filter(type => type === 'payment.captured').length).toBeLessThanOrEqual(1)
  },
)

const whenCancelled: Record<State, Payment['state']> = {
  'pending, to be paid later': 'voided',
  'pending, being authorized': 'voided',
  'pending, after an outage': 'voided',
  authorized: 'voided',
  'authorized, being captured': 'refunded',
  'authorized, being voided': 'voided',
  captured: 'refunded',
  declined: 'declined',
  voided: 'voided',
  refunded: 'refunded',
  'unknown, authorization lost': 'voided',
  'unknown, capture lost': 'refunded',
  'unknown, void lost': 'voided',
  'unknown, refund lost': 'refunded',
}

test.each(everyState)('order.cancelled leaves no money of a payment that is %s with us', async state => {
  const it = await states[state]()
  const event = await tell(host, 'order.cancelled', it.order.cancelled())
  await host.broker.publish(event)
  await tell(host, 'order.cancelled', it.order.cancelled())
  const payment = await settles(it, whenCancelled[state])
  if (payment.state === 'refunded') expect(payment.refunded_amount).toBe(payment.amount)
  const ends = (await saidOf(host, it.order)).filter(type => /voided|refunded|declined/.test(type))
  expect(ends).toHaveLength(1)
})

test.each(everyState)(
  'POST /payment is for a payment to be paid later, and for one that is %s only then',
  async state => {
    const it = await states[state]()
    const { status, body } = await call<Payment>(host.url, 'POST /payment', {
      token: it.customer.token,
      body: { order_id: it.order.created.order_id, token: 'tok_approve' },
    })
    if (state === 'pending, to be paid later') {
      expect(status).toBe(202)
      await settles(it, 'authorized')
    } else {
      expect([status, body.code]).toEqual([409, 'ORDER_NOT_PAYABLE'])
      await settles(it, byItself[state])
    }
  },
)

test.each(everyState)('a refund of a payment that is %s gives back what was taken, and nothing else', async state => {
  const it = await states[state]()
  const { status, body } = await refund(it, { reason: 'a test' })
  if (state === 'captured') {
    expect([status, body.data.state, body.data.refunded_amount]).toEqual([200, 'refunded', 300])
  } else {
    const code = state.startsWith('unknown') ? 'PAYMENT_BUSY' : 'REFUND_EXCEEDS_CAPTURED'
    expect([status, body.code]).toEqual([409, code])
    await settles(it, byItself[state])
  }
})

async function chargesOf({ order }: Case): Promise<number> {
  return (await saidOf(host, order)).filter(type => type === 'payment.authorized').length
}
