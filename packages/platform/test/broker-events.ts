// Facts for tests of the brokers: orders that nobody placed, and a subscriber that remembers what came.
import type { AnyCloudEvent } from '@waybill/contracts'
import { uuidv7 } from 'uuidv7'
import { newEvent, type Subscriber } from '../src/bus/index.ts'
import { createLogger, type Logger } from '../src/log/index.ts'

/** Consumed by payment alone. */
export function orderCreated(): AnyCloudEvent {
  const id = uuidv7()
  return newEvent(
    'order.created',
    id,
    {
      order_id: id,
      process_id: uuidv7(),
      user_id: uuidv7(),
      cloud: 'LOCAL',
      account: 'test',
      items: [{ dataset: 'airports', format: 'ndjson' }],
      amount: 100,
      currency: 'USD',
      payment_mode: 'now',
      gateway: null,
      payment_token: null,
    },
    Date.now(),
  )
}

/** Consumed by payment and by data. */
export function orderDelivered(): AnyCloudEvent {
  const id = uuidv7()
  const facts = { order_id: id, process_id: uuidv7(), user_id: uuidv7(), amount: 100, currency: 'USD' }
  return newEvent('order.delivered', id, facts, Date.now())
}

/** Consumed by nobody. */
export function paymentVoided(): AnyCloudEvent {
  const id = uuidv7()
  const facts = { payment_id: id, order_id: uuidv7(), user_id: uuidv7(), amount: 100, currency: 'USD' }
  return newEvent('payment.voided', id, facts, Date.now())
}

/** Consumed by nobody, heard by caches. */
export function userChanged(): AnyCloudEvent {
  const id = uuidv7()
  return newEvent('user.changed', id, { user_id: id }, Date.now())
}

export interface Remembering extends Subscriber {
  /** Everything that came, in its order, each time that it came. */
  readonly came: AnyCloudEvent[]
  readonly buried: AnyCloudEvent[]
  ids(): string[]
}

/** Remembers each message, then does with it what `deliver` says. */
export function remember(deliver: (event: AnyCloudEvent) => Promise<void> = async () => {}): Remembering {
  const came: AnyCloudEvent[] = []
  const buried: AnyCloudEvent[] = []
  return {
    came,
    buried,
    ids: () => came.map(event => event.id),
    deliver: event => {
      came.push(event)
      return deliver(event)
    },
    bury: async event => {
      buried.push(event)
    },
  }
}

/** A logger whose lines a test can read. */
export function rememberingLog(): { log: Logger; lines: Record<string, unknown>[]; text(): string } {
  const lines: Record<string, unknown>[] = []
  const stream = { write: (line: string) => lines.push(JSON.parse(line)) }
  return { log: createLogger({ name: 'test', level: 'info', stream }), lines, text: () => JSON.stringify(lines) }
}
