// Every event: its type, version, producer and the facts that it carries. Past tense; ids and facts, never whole entities.
import Joi from 'joi'
import { amount, areaNamePattern, cloudName, compression, currency, exportFormat, id } from './fields.ts'
import type { OrderedItem } from './order-models.ts'
import type { ServiceName } from './services.ts'
import { type CancelReason, cancelReasons, type PaymentMode, paymentModes } from './words.ts'

interface OrderFacts {
  order_id: string
  process_id: string
  user_id: string
}
export interface OrderCreated extends OrderFacts {
  cloud: string
  account: string
  items: OrderedItem[]
  amount: number
  currency: string
  payment_mode: PaymentMode
  gateway: string | null
  payment_token: string | null
}
export interface OrderConfirmed extends OrderFacts {
  cloud: string
  account: string
  items: OrderedItem[]
}
export interface OrderCancelled extends OrderFacts {
  cloud: string
  account: string
  amount: number
  currency: string
  payment_mode: PaymentMode
  cancel_reason: CancelReason
}
export interface OrderDelivered extends OrderFacts {
  amount: number
  currency: string
}
export interface PaymentFact {
  payment_id: string
  order_id: string
  user_id: string
  amount: number
  currency: string
}
export interface PaymentDeclined extends PaymentFact {
  decline_code: string
}
export interface ExportProgressed extends OrderFacts {
  percentage: number
  step: string
}
export interface ExportFinished extends OrderFacts {
  files: number
  records: number
  bytes: number
}
export interface ExportFailed extends OrderFacts {
  reason: string
}
export interface UserChanged {
  user_id: string
}
export interface SessionRevoked {
  session_id: string
  user_id: string
}

export interface EventFacts {
  'order.created': OrderCreated
  'order.confirmed': OrderConfirmed
  'order.cancelled': OrderCancelled
  'order.delivered': OrderDelivered
  'payment.authorized': PaymentFact
  'payment.declined': PaymentDeclined
  'payment.captured': PaymentFact
  'payment.voided': PaymentFact
  'payment.refunded': PaymentFact
  'export.progressed': ExportProgressed
  'export.finished': ExportFinished
  'export.failed': ExportFailed
  'user.changed': UserChanged
  'session.revoked': SessionRevoked
}
export type EventType = keyof EventFacts

export interface EventDefinition<T = unknown> {
  version: number
  producer: ServiceName
  /** Who handles it. Known to every process: the broker keeps it for a consumer that starts later. Caches may listen besides. */
  consumers: ServiceName[]
  description: string
  schema: Joi.ObjectSchema<T>
}

// Consumers accept fields that they do not know: a newer producer may run beside an older consumer.
const facts = <T>(properties: Joi.StrictSchemaMap<T>) =>
  Joi.object<T, true>(properties).options({ presence: 'required', allowUnknown: true, convert: false })

const someId = '019a9b3c-5d1e-7c40-8f2a-6b1d0e9c4a77'
const order = { order_id: id(), process_id: id(), user_id: id() }
// Read leniently here: an account that once was allowed must still be handled.
const account = Joi.string().pattern(areaNamePattern).example(someId)
const items = Joi.array().items(
  facts<OrderedItem>({
    dataset: Joi.string().example('airports'),
    format: exportFormat(),
    compression: compression(),
  }),
)
const payment = { payment_id: id(), order_id: id(), user_id: id(), amount: amount(), currency: currency() }
const gatewayName = Joi.string().allow(null).example('mock')

const define = <T>(
  producer: ServiceName,
  consumers: ServiceName[],
  description: string,
  schema: Joi.ObjectSchema<T>,
): EventDefinition<T> => ({
  version: 1,
  producer,
  consumers,
  description,
  schema,
})

export const eventCatalogue: { [K in EventType]: EventDefinition<EventFacts[K]> } = {
  'order.created': define(
    'order',
    ['payment'],
    'An order was placed',
    facts<OrderCreated>({
      ...order,
      cloud: cloudName(),
      account,
      items,
      amount: amount(),
      currency: currency(),
      payment_mode: Joi.string().valid(...paymentModes),
      gateway: gatewayName,
      payment_token: Joi.string().allow(null).example('tok_approve'),
    }),
  ),
  'order.confirmed': define(
    'order',
    ['data'],
    'Its payment was authorized, the export may begin',
    facts<OrderConfirmed>({ ...order, cloud: cloudName(), account, items }),
  ),
  'order.cancelled': define(
    'order',
    ['payment', 'data'],
    'It ended without a delivery',
    facts<OrderCancelled>({
      ...order,
      cloud: cloudName(),
      account,
      amount: amount(),
      currency: currency(),
      payment_mode: Joi.string().valid(...paymentModes),
      cancel_reason: Joi.string().valid(...cancelReasons),
    }),
  ),
  'order.delivered': define(
    'order',
    ['payment', 'data'],
    'Its export is there, the payment may be captured',
    facts<OrderDelivered>({ ...order, amount: amount(), currency: currency() }),
  ),
  'payment.authorized': define('payment', ['order'], 'The money is reserved', facts<PaymentFact>(payment)),
  'payment.declined': define(
    'payment',
    ['order'],
    'The gateway said no',
    facts<PaymentDeclined>({ ...payment, decline_code: Joi.string().example('insufficient_funds') }),
  ),
  'payment.captured': define('payment', [], 'The money is taken', facts<PaymentFact>(payment)),
  'payment.voided': define('payment', [], 'The reservation is gone, nothing was taken', facts<PaymentFact>(payment)),
  'payment.refunded': define('payment', [], 'Money was given back; amount is how much', facts<PaymentFact>(payment)),
  'export.progressed': define(
    'data',
    ['order'],
    'How far an export is',
    facts<ExportProgressed>({
      ...order,
      percentage: Joi.number().integer().min(0).max(100).example(42),
      step: Joi.string().example('exporting airports'),
    }),
  ),
  'export.finished': define(
    'data',
    ['order'],
    'Every file of the delivery is written and checked',
    facts<ExportFinished>({
      ...order,
      files: Joi.number().integer().example(1),
      records: Joi.number().integer().example(3376),
      bytes: Joi.number().integer().example(424_966),
    }),
  ),
  'export.failed': define(
    'data',
    ['order'],
    'The export cannot be done; the reason is for the customer',
    facts<ExportFailed>({ ...order, reason: Joi.string().example('there is no dataset airport') }),
  ),
  'user.changed': define(
    'user',
    [],
    'Role, cloud, account or access of a user changed',
    facts<UserChanged>({ user_id: id() }),
  ),
  'session.revoked': define(
    'user',
    [],
    'The tokens of a session are void',
    facts<SessionRevoked>({ session_id: id(), user_id: id() }),
  ),
}

/** CloudEvents 1.0, structured JSON, with the `requestid` extension and W3C `traceparent` (CloudEvents distributed tracing extension). */
export interface CloudEvent<K extends EventType = EventType> {
  specversion: '1.0'
  id: string
  source: string
  type: K
  subject: string
  time: string
  datacontenttype: 'application/json'
  dataversion: number
  requestid: string
  traceparent: string
  data: EventFacts[K]
}

/** Any event, its `data` told apart by `type`. */
export type AnyCloudEvent = { [K in EventType]: CloudEvent<K> }[EventType]

/** Checks the frame of an event; the facts are checked by the schema of its type. */
export const cloudEventSchema = Joi.object({
  specversion: Joi.string().valid('1.0').required(),
  id: Joi.string().max(64).required().example(someId),
  source: Joi.string().required(),
  type: Joi.string().required(),
  subject: Joi.string().required().example(someId),
  time: Joi.string().isoDate().required(),
  datacontenttype: Joi.string().valid('application/json').required(),
  dataversion: Joi.number().integer().min(1),
  requestid: Joi.string().required().example(someId),
  traceparent: Joi.string().example('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'),
  data: Joi.object().required(),
}).unknown(true)
