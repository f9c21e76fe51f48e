// A server on which something has happened: several users, orders in every state, money given back, a message that was given up.
import { DatabaseSync } from 'node:sqlite'
import type { Order, PlacedOrder } from '@waybill/sdk'
import { Waybill } from '@waybill/sdk'
import { uuidv7 } from 'uuidv7'
import { type Customer, password, type RunningConsole, signIn } from './console.ts'

export interface BusyHouse {
  operator: Customer
  grace: Customer
  delivered: Order
  declined: Order
  /** Paid later, not yet. */
  waiting: Order
  /** A part of its money was given back. */
  refunded: Order
  newcomerId: string
}

export async function fillHouse(console: RunningConsole): Promise<BusyHouse> {
  const [operator, grace, alan] = await Promise.all([
    console.operator(),
    signUp(console, 'Grace Hopper', 'grace@example.com'),
    signUp(console, 'Alan Turing', 'alan@example.org'),
    signUp(console, 'Katherine Johnson', 'katherine@example.com'),
    signUp(
      console,
      'Edsger W. Dijkstra, of a very long name and address',
      'edsger.wybe.dijkstra.1930@a-long-domain.example.org',
    ),
  ])
  const place = (who: Customer, datasets: string[], payment: { token?: string; mode?: 'later' }) =>
    who.waybill.orders.place({ items: datasets.map(dataset => ({ dataset })), payment })
  const placed = await Promise.all([
    place(grace, ['airports', 'movies'], { token: 'tok_approve' }),
    place(grace, ['cars'], { token: 'tok_decline' }),
    place(alan, ['penguins'], { mode: 'later' }),
    place(alan, ['movies'], { token: 'tok_approve' }),
    place(alan, ['unicorns'], { token: 'tok_approve' }),
  ])
  const [delivered, declined, waiting, refunded] = placed.map(({ order }) => order) as [Order, Order, Order, Order]
  await Promise.all(placed.filter(({ order }) => order !== waiting).map(over))
  const payment = await settled(operator.waybill, refunded.id)
  await operator.waybill.payments.refund(payment.id, { amount: 40, reason: 'Half of it was empty' })
  const users = await operator.waybill.users.list().take(10)
  const newcomerId = users.find(({ email }) => email === 'katherine@example.com')!.id
  return { operator, grace, delivered, declined, waiting, refunded, newcomerId }
}

async function signUp({ url }: RunningConsole, name: string, email: string): Promise<Customer> {
  await new Waybill({ server: url }).signUp({ name, email, password, cloud: 'LOCAL' })
  return signIn(url, { email, password })
}

/** Done or failed: both are among what is to be looked at. */
const over = ({ finished }: PlacedOrder): Promise<unknown> => finished().catch(error => error)

/** Money is taken a moment after the delivery. */
async function settled({ payments }: Waybill, orderId: string) {
  for (;;) {
    const payment = await payments.ofOrder(orderId)
    if (payment.state === 'captured') return payment
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** No message is given up within the time of a test: these are put where they would be. */
export function giveUpMessages(
  { home }: { home: string },
  order: Order,
  types = ['payment.authorized', 'payment.declined'],
): void {
  const database = new DatabaseSync(`${home}/order.sqlite`, { timeout: 5_000 })
  const give = (event: { type: string }, error: string) =>
    types.includes(event.type) &&
    database
      .prepare(
        'insert into dead_letters (id, event_id, event_type, subject, message, error, tries, next_try_at, created_at, updated_at) values (?, ?, ?, ?, ?, ?, 5, null, ?, ?)',
      )
      .run(uuidv7(), uuidv7(), event.type, order.id, JSON.stringify(event), error, Date.now(), Date.now())
  const event = (type: string, data: object) => ({
    specversion: '1.0',
    id: uuidv7(),
    source: '/waybill/payment',
    type,
    subject: order.id,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    dataversion: 1,
    requestid: uuidv7(),
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    data,
  })
  const { id: order_id, user_id, amount, currency } = order
  const fact = { payment_id: uuidv7(), order_id, user_id, amount, currency }
  give(event('payment.authorized', fact), 'Error: the database was away for two and a half minutes')
  give(event('payment.declined', { order_id }), 'not understood: data.payment_id is required')
  database.close()
}
