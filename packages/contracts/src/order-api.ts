// The order service's part of the contract: prices, orders, processes, callbacks and the audit.
import Joi from 'joi'
import { type CallbackContract, contract } from './contract.ts'
import { cloudEventSchema } from './events.ts'
import {
  amount,
  answer,
  cloudName,
  compression,
  currency,
  datasetName,
  exportFormat,
  formed,
  type IdParams,
  id,
  idParams,
  largestPrice,
  namedAnswer,
  type PageQuery,
  pageQuery,
  time,
} from './fields.ts'
import {
  type Audit,
  auditRules,
  type CallbackAttempt,
  type Explanation,
  type HastenedOrder,
  type Order,
  type OrderAction,
  type OrderedItem,
  type OrderStatus,
  type OrderTransition,
  orderActionNames,
  type Price,
  type Process,
  type ReplayedOrder,
  type StoryEntry,
  stepOutcomes,
  type Trouble,
  type Violation,
} from './order-models.ts'
import { type ServiceName, serviceNames } from './services.ts'
import {
  cancelReasons,
  compressions,
  type OrderState,
  orderStates,
  type PaymentMode,
  paymentGateways,
  paymentModes,
} from './words.ts'

export interface PlaceOrderBody {
  items: OrderedItem[]
  callback_url?: string
  payment: { mode: PaymentMode; gateway?: string; token?: string }
}
export interface SetPriceBody {
  amount: number
  currency: string
}
export interface ListOrdersQuery extends PageQuery {
  state?: OrderState
  user_id?: string
  all?: boolean
}
export interface ListProcessesQuery extends PageQuery {
  status?: 0 | 1 | 2
  user_id?: string
  all?: boolean
}
export interface OrderIdQuery {
  order_id: string
}
export interface ProcessIdParams {
  process_id: string
}
export interface ListCallbacksQuery extends PageQuery {
  process_id: string
}
export interface AuditQuery {
  since?: string
  until?: string
  cursor?: string
}

const priceSchema = namedAnswer<Price>('Price', { cloud: Joi.string(), amount: amount(), currency: currency() })
const itemSchema = namedAnswer<OrderedItem>('OrderedItem', {
  dataset: Joi.string(),
  format: exportFormat(),
  compression: compression(),
})
const state = () => Joi.string().valid(...orderStates)
const cancelReason = () => Joi.string().valid(...cancelReasons, null)
export const orderSchema = namedAnswer<Order>('Order', {
  id: id(),
  user_id: id(),
  cloud: Joi.string(),
  state: state(),
  cancel_reason: cancelReason(),
  items: Joi.array().items(itemSchema),
  amount: amount(),
  currency: currency(),
  process_id: id(),
  payment_mode: Joi.string().valid(...paymentModes),
  version: Joi.number().integer(),
  created_at: time(),
  updated_at: time(),
})
export const processSchema = namedAnswer<Process>('Process', {
  process_id: id(),
  order_id: id(),
  status: Joi.number().valid(0, 1, 2).description('0 under_process, 1 success, 2 failure'),
  state: Joi.string().valid('under_process', 'success', 'failure'),
  percentage: Joi.number().integer().min(0).max(100),
  step: Joi.string(),
  reason: Joi.string().allow(null),
  eta_seconds: Joi.number().integer().min(0).allow(null),
  created_at: time(),
  updated_at: time(),
  finished_at: time().allow(null),
  data_url: Joi.string().allow(null),
})
const serviceName = () =>
  Joi.string()
    .valid(...serviceNames)
    .required() as Joi.StringSchema<ServiceName>
const explanationSchema = namedAnswer<Explanation>('Explanation', {
  order_id: id(),
  state: state(),
  percentage: Joi.number().integer().min(0).max(100),
  summary: Joi.string(),
  next: Joi.string(),
  next_at: time().allow(null).description('When the next step is due that happens by itself'),
  deadline: time().allow(null).description('When the order is cancelled unless it has moved on by then'),
  ended: Joi.boolean().description('Nothing more will happen'),
  trouble: answer<Trouble>({
    service: serviceName(),
    step: Joi.string(),
    error: Joi.string().allow(null),
    attempt: Joi.number().integer().min(0),
    next_attempt_at: time().allow(null),
  })
    .allow(null)
    .description('The step that keeps the order from going on'),
  actions: Joi.array()
    .items(
      answer<OrderAction>({
        name: Joi.string().valid(...orderActionNames),
        label: Joi.string(),
        verb: Joi.string().valid('POST'),
        path: Joi.string(),
        body: Joi.object().allow(null),
      }),
    )
    .description('What the caller may do now, and the call that does it'),
  entries: Joi.array().items(
    answer<StoryEntry>({
      at: time(),
      service: Joi.string(),
      kind: Joi.string(),
      text: Joi.string(),
      request_id: Joi.string().allow(null),
      outcome: Joi.string().valid(...stepOutcomes),
      attempt: Joi.number().integer().allow(null),
      next_attempt_at: time().allow(null),
      percentage: Joi.number().integer().min(0).max(100).allow(null),
    }),
  ),
})
/** The tokens that tell the mock gateway what to do. */
export const mockTokens = ['tok_approve', 'tok_decline', 'tok_slow', 'tok_outage', 'tok_lost'] as const
const paymentToken = () => formed(/^[\x21-\x7e]+$/, 'printable ASCII without blanks').max(255)
/** The tokens of other gateways are theirs to judge: the payment service asks them. */
const mockToken = () => Joi.valid(...mockTokens)
const paymentGateway = () => Joi.string().valid(...paymentGateways)
export const gatewayName = () => formed(/^[a-z][a-z0-9_-]{0,39}$/, 'the name of a gateway')
/** With an order, no gateway is the mock; with a payment, it is the one that came with the order. */
export const paymentOfOrder = {
  gateway: paymentGateway(),
  token: paymentToken().when('gateway', { is: Joi.exist().invalid('mock'), otherwise: mockToken() }),
}
export const paymentChoice = {
  gateway: paymentGateway(),
  token: paymentToken().when('gateway', { is: Joi.any().invalid('mock'), otherwise: mockToken() }),
}
const operatorFilters = {
  user_id: id().description('Operators: the orders of this user'),
  all: Joi.boolean().description('Operators: those of all users'),
}
const processParams = Joi.object<ProcessIdParams>({ process_id: id().required() })
/** Standard Webhooks 1.0. */
const processFinished: CallbackContract = {
  summary: 'The process has ended, well or not',
  to: '{$request.body#/callback_url}',
  headers: {
    'webhook-id': 'The same at every attempt',
    'webhook-timestamp': 'Seconds since 1970, of this attempt',
    'webhook-signature': 'v1,<base64 HMAC-SHA256 of id.timestamp.body>; several, with blanks between, after a rotation',
  },
  type: 'application/cloudevents+json',
  body: cloudEventSchema.keys({
    type: Joi.string().valid('waybill.process.finished').required(),
    data: processSchema.required(),
  }),
  answers: { '2XX': 'Taken', 410: 'Stops this and all further attempts; any other answer is tried again' },
}
const oneOrder = { 200: { description: 'The order', data: orderSchema } }

export const orderApi = {
  listPrices: contract({
    name: 'listPrices',
    summary: 'The price of exporting one dataset, for each cloud',
    answers: { 200: { description: 'The prices', data: Joi.array().items(priceSchema) } },
    errors: [],
  }),
  setPrice: contract({
    name: 'setPrice',
    summary: 'Set the price of a cloud, for orders from now on',
    params: Joi.object<{ cloud: string }>({ cloud: cloudName().required() }),
    body: Joi.object<SetPriceBody>({
      amount: Joi.number().integer().min(0).max(largestPrice).required(),
      currency: currency().required(),
    }),
    answers: { 200: { description: 'The price', data: priceSchema } },
    errors: ['CLOUD_NOT_FOUND'],
  }),
  placeOrder: contract({
    name: 'placeOrder',
    summary: "Order an export of datasets from the user's cloud",
    headers: { 'Idempotency-Key': '1–255 printable ASCII; a second request with it gets the first answer again' },
    body: Joi.object<PlaceOrderBody>({
      items: Joi.array()
        .items(
          Joi.object({
            dataset: datasetName().required(),
            format: exportFormat().default('ndjson'),
            compression: Joi.string()
              .valid('none', ...compressions)
              .empty('none')
              .description('What the file is packed with, none unless given'),
          }),
        )
        .min(1)
        .max(50)
        .unique('dataset')
        .required(),
      callback_url: Joi.string()
        .uri({ scheme: ['http', 'https'] })
        .max(2_000),
      payment: Joi.object({
        mode: Joi.string()
          .valid(...paymentModes)
          .default('now'),
        ...paymentOfOrder,
      }).default({ mode: 'now' }),
    }),
    answers: {
      202: {
        description: 'The order and its process',
        data: answer<{ order: Order; process: Process }>({ order: orderSchema, process: processSchema }),
        headers: { Location: '/process/<PROCESS_ID>', 'Retry-After': 'Seconds until it is worth asking' },
      },
    },
    callbacks: { processFinished },
    errors: ['CLOUD_NOT_REGISTERED', 'CLOUD_NOT_PRICED', 'IDEMPOTENCY_KEY_REUSED', 'IDEMPOTENCY_IN_PROGRESS'],
  }),
  listOrders: contract({
    name: 'listOrders',
    summary: "The caller's orders, newest first",
    query: Joi.object<ListOrdersQuery>({ ...pageQuery, state: state(), ...operatorFilters }),
    answers: { 200: { description: 'A page of orders', data: Joi.array().items(orderSchema), paged: true } },
    errors: ['FORBIDDEN'],
  }),
  showOrder: contract({
    name: 'showOrder',
    summary: 'An order',
    params: idParams,
    answers: oneOrder,
    errors: ['ORDER_NOT_FOUND'],
  }),
  showOrderDetails: contract({
    name: 'showOrderDetails',
    summary: 'An order, by query',
    query: Joi.object<OrderIdQuery>({ order_id: id().required() }),
    answers: oneOrder,
    errors: ['ORDER_NOT_FOUND'],
  }),
  showOrderStatus: contract({
    name: 'showOrderStatus',
    summary: "An order's state",
    params: idParams,
    answers: {
      200: {
        description: 'The state',
        data: answer<OrderStatus>({ order_id: id(), state: state(), cancel_reason: cancelReason(), process_id: id() }),
      },
    },
    errors: ['ORDER_NOT_FOUND'],
  }),
  showOrderHistory: contract({
    name: 'showOrderHistory',
    summary: 'Every transition of an order, oldest first',
    params: idParams,
    answers: {
      200: {
        description: 'The transitions',
        data: Joi.array().items(
          answer<OrderTransition>({
            from: Joi.string().valid(...orderStates, null),
            to: state(),
            reason: Joi.string().allow(null),
            at: time(),
            request_id: Joi.string(),
          }),
        ),
      },
    },
    errors: ['ORDER_NOT_FOUND'],
  }),
  cancelOrder: contract<IdParams, unknown, Record<string, never>>({
    name: 'cancelOrder',
    summary: 'Cancel an order that is not final',
    params: idParams,
    answers: oneOrder,
    errors: ['ORDER_NOT_FOUND', 'ORDER_NOT_CANCELLABLE'],
  }),
  explainOrder: contract({
    name: 'explainOrder',
    summary: 'Where an order is, why, what happens next, and its story from all services; also as an event stream',
    params: idParams,
    headers: {
      Accept: 'text/event-stream: the explanation now and whenever it changes, until nothing more will happen',
    },
    answers: {
      200: {
        description: 'The explanation',
        data: explanationSchema,
        raw: { 'text/event-stream': Joi.string().description('event: explanation, data: the explanation') },
      },
    },
    errors: ['ORDER_NOT_FOUND'],
  }),
  retryOrder: contract<IdParams, unknown, Record<string, never>>({
    name: 'retryOrder',
    summary: 'Try now what waits to be tried again about an order: payment, export, callback, messages',
    description:
      'Each wait can be cut short, and the tries are counted as before. What was hastened is left alone for 5 s: until then 429, with `Retry-After`.',
    params: idParams,
    answers: {
      202: {
        description: 'It is tried',
        data: answer<HastenedOrder>({
          order_id: id(),
          hastened: Joi.array().items(
            answer<HastenedOrder['hastened'][number]>({
              service: serviceName(),
              work: Joi.array().items(Joi.string()),
            }),
          ),
        }),
      },
    },
    errors: ['ORDER_NOT_FOUND', 'NOTHING_TO_RETRY'],
  }),
  replayOrder: contract<IdParams, unknown, Record<string, never>>({
    name: 'replayOrder',
    summary: 'Hand the dead letters about an order to their handlers once more, whichever services they lie in',
    params: idParams,
    answers: {
      202: {
        description: 'They will be handled',
        data: answer<ReplayedOrder>({
          order_id: id(),
          replayed: Joi.array().items(
            answer<ReplayedOrder['replayed'][number]>({
              service: serviceName(),
              event_type: Joi.string(),
              dead_letter_id: id(),
            }),
          ),
        }),
      },
    },
    errors: ['ORDER_NOT_FOUND', 'DEAD_LETTER_NOT_FOUND'],
  }),
  showProcess: contract({
    name: 'showProcess',
    summary: 'The process behind an order; also as a long poll or an event stream',
    params: processParams,
    headers: {
      Prefer: 'wait=20: hold the answer until the process changes, at most so many seconds (RFC 7240)',
      Accept: 'text/event-stream: every change as an event until it is final',
    },
    answers: {
      200: {
        description: 'The process',
        data: processSchema,
        raw: { 'text/event-stream': Joi.string().description('event: process, data: the process') },
        headers: { 'Retry-After': 'While it runs: seconds until it is worth asking again' },
      },
    },
    errors: ['PROCESS_NOT_FOUND'],
  }),
  listProcesses: contract({
    name: 'listProcesses',
    summary: "The caller's processes, newest first",
    query: Joi.object<ListProcessesQuery>({ ...pageQuery, status: Joi.number().valid(0, 1, 2), ...operatorFilters }),
    answers: { 200: { description: 'A page of processes', data: Joi.array().items(processSchema), paged: true } },
    errors: ['FORBIDDEN'],
  }),
  listCallbacks: contract({
    name: 'listCallbacks',
    summary: 'Every attempt to call back about a process, newest first',
    query: Joi.object<ListCallbacksQuery>({ ...pageQuery, process_id: id().required() }),
    answers: {
      200: {
        description: 'A page of attempts',
        paged: true,
        data: Joi.array().items(
          answer<CallbackAttempt>({
            id: id(),
            url: Joi.string(),
            attempt: Joi.number().integer(),
            status_code: Joi.number().integer().allow(null),
            error: Joi.string().allow(null),
            at: time(),
            next_attempt_at: time().allow(null),
          }),
        ),
      },
    },
    errors: ['PROCESS_NOT_FOUND'],
  }),
  resendCallback: contract({
    name: 'resendCallback',
    summary: 'Call back once more about a finished process, with the same webhook-id',
    params: processParams,
    answers: {
      202: {
        description: 'It will be sent',
        data: answer<{ process_id: string; webhook_id: string }>({ process_id: id(), webhook_id: Joi.string() }),
      },
    },
    errors: ['PROCESS_NOT_FOUND', 'CALLBACK_NOT_FOUND', 'PROCESS_NOT_FINISHED'],
  }),
  showCallbackSecret: contract({
    name: 'showCallbackSecret',
    summary: "The secret that the caller's callbacks are signed with (Standard Webhooks)",
    answers: { 200: { description: 'The secret', data: answer<{ secret: string }>({ secret: Joi.string() }) } },
    errors: [],
  }),
  rotateCallbackSecret: contract({
    name: 'rotateCallbackSecret',
    summary: 'A new secret; for 24 hours both sign',
    answers: { 200: { description: 'The new secret', data: answer<{ secret: string }>({ secret: Joi.string() }) } },
    errors: [],
  }),
  audit: contract({
    name: 'audit',
    summary:
      'Checks across all services that money, orders, processes and deliveries agree, and that no event is left behind',
    description:
      'Of the orders placed in [since, until). An answer that has taken 20 s, or found 1,000 violations, ends where it is: next_cursor goes on from there.',
    query: Joi.object<AuditQuery>({
      since: Joi.string().isoDate().description('Default: a day before until'),
      until: Joi.string().isoDate().description('Default: now'),
      cursor: Joi.string().max(2_000).description('next_cursor of the answer before; it knows since and until'),
    }),
    answers: {
      200: {
        description: 'How many orders were checked and what is wrong',
        paged: true,
        data: answer<Audit>({
          checked: Joi.number().integer(),
          violations: Joi.array().items(
            answer<Violation>({
              order_id: id().allow(null),
              rule: Joi.string().valid(...auditRules),
              detail: Joi.string(),
            }),
          ),
        }),
      },
    },
    errors: [],
  }),
}
