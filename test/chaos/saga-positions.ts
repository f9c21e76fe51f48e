// Where an order can stand on its way through the services, read from the rows that they have committed: the steps at
// which a process must be able to die.
import type { ServiceName } from '@waybill/contracts'

/** What the four databases hold about one order at one moment. */
export interface OrderFacts {
  orderId: string
  processId: string
  mode: string
  state: string
  step: string
  percentage: number
  /** Types of the facts about it that a service has not yet handed to the broker. */
  unpublished: Set<string>
  payment:
    | {
        state: string
        wanted: string | null
        attempts: { operation: string; outcome: string; lost: number; key: string }[]
        /** Idempotency keys under which the gateway has done something, whatever we know of it. */
        doneAtGateway: Set<string>
      }
    | undefined
  delivery: { state: string; delivered: boolean; checkpoint: string } | undefined
  /** An export's work or removal is due. */
  exportDue: boolean
  callback: string | undefined
}

export interface Position {
  name: string
  /** Whose process makes the next move: the one to be killed. */
  owner: ServiceName
  /** An order that passes through here; what of chance it needs. */
  passedBy: 'approved' | 'declined' | 'cancelled' | 'slow' | 'lost' | 'outage' | 'large' | 'broken' | 'later'
  holds(order: OrderFacts): boolean
}

const isOver = (order: OrderFacts) => order.state === 'delivered' || order.state === 'cancelled'
const open = (order: OrderFacts, operation: string) =>
  order.payment?.attempts.find(attempt => attempt.operation === operation && attempt.outcome === 'unknown')
const succeeded = (order: OrderFacts, operation: string) =>
  order.payment?.attempts.some(attempt => attempt.operation === operation && attempt.outcome === 'succeeded') ?? false

/** The attempt is written, the gateway has not done it. */
const asking = (operation: string) => (order: OrderFacts) => {
  const attempt = open(order, operation)
  return attempt !== undefined && !order.payment!.doneAtGateway.has(attempt.key)
}
/** The gateway has done it, and we have not written that down. */
const answered = (operation: string) => (order: OrderFacts) => {
  const attempt = open(order, operation)
  return attempt !== undefined && attempt.lost === 0 && order.payment!.doneAtGateway.has(attempt.key)
}
const unpublished = (type: string) => (order: OrderFacts) => order.unpublished.has(type)

export const positions: Position[] = [
  {
    name: 'order placed, not yet told',
    owner: 'order',
    passedBy: 'approved',
    holds: unpublished('order.created'),
  },
  {
    name: 'order told, payment not begun',
    owner: 'payment',
    passedBy: 'approved',
    holds: order => order.state === 'created' && order.payment === undefined,
  },
  { name: 'authorize written, gateway not asked', owner: 'payment', passedBy: 'slow', holds: asking('authorize') },
  { name: 'authorized at gateway, not written', owner: 'payment', passedBy: 'approved', holds: answered('authorize') },
  {
    name: 'answer of gateway lost',
    owner: 'payment',
    passedBy: 'lost',
    holds: order => open(order, 'authorize')?.lost === 1,
  },
  {
    name: 'gateway out of order, to be tried again',
    owner: 'payment',
    passedBy: 'outage',
    holds: order => order.payment?.wanted === 'authorize' && order.payment.attempts.at(-1)?.outcome === 'failed',
  },
  {
    name: 'authorized, not yet told',
    owner: 'payment',
    passedBy: 'approved',
    holds: unpublished('payment.authorized'),
  },
  {
    name: 'authorization told, order not confirmed',
    owner: 'order',
    passedBy: 'approved',
    holds: order => order.state === 'created' && order.payment?.state === 'authorized',
  },
  { name: 'declined, not yet told', owner: 'payment', passedBy: 'declined', holds: unpublished('payment.declined') },
  {
    name: 'decline told, order not cancelled',
    owner: 'order',
    passedBy: 'declined',
    holds: order => order.state === 'created' && order.payment?.state === 'declined',
  },
  { name: 'confirmed, not yet told', owner: 'order', passedBy: 'approved', holds: unpublished('order.confirmed') },
  {
    name: 'confirmation told, export not begun',
    owner: 'data',
    passedBy: 'approved',
    holds: order => order.state === 'confirmed' && order.delivery === undefined,
  },
  {
    name: 'exporting, no checkpoint',
    owner: 'data',
    passedBy: 'approved',
    holds: order => order.delivery?.state === 'running' && order.delivery.checkpoint === '',
  },
  {
    name: 'exporting, behind a checkpoint',
    owner: 'data',
    passedBy: 'large',
    holds: order => order.delivery?.state === 'running' && order.delivery.checkpoint !== '',
  },
  { name: 'export finished, not yet told', owner: 'data', passedBy: 'approved', holds: unpublished('export.finished') },
  {
    name: 'export told, order not delivered',
    owner: 'order',
    passedBy: 'approved',
    holds: order => order.state === 'confirmed' && order.delivery?.state === 'finished',
  },
  { name: 'export failed, not yet told', owner: 'data', passedBy: 'broken', holds: unpublished('export.failed') },
  {
    name: 'failure told, order not cancelled',
    owner: 'order',
    passedBy: 'broken',
    holds: order => order.state === 'confirmed' && order.delivery?.state === 'failed',
  },
  { name: 'delivered, not yet told', owner: 'order', passedBy: 'approved', holds: unpublished('order.delivered') },
  {
    name: 'delivery told, capture not begun',
    owner: 'payment',
    passedBy: 'approved',
    holds: order => order.state === 'delivered' && !succeeded(order, 'capture') && !open(order, 'capture'),
  },
  { name: 'capture written, gateway not asked', owner: 'payment', passedBy: 'approved', holds: asking('capture') },
  { name: 'captured at gateway, not written', owner: 'payment', passedBy: 'approved', holds: answered('capture') },
  { name: 'captured, not yet told', owner: 'payment', passedBy: 'approved', holds: unpublished('payment.captured') },
  {
    name: 'delivered, files not opened',
    owner: 'data',
    passedBy: 'approved',
    holds: order => order.state === 'delivered' && order.delivery?.delivered === false,
  },
  { name: 'cancelled, not yet told', owner: 'order', passedBy: 'cancelled', holds: unpublished('order.cancelled') },
  {
    name: 'cancel told, void not begun',
    owner: 'payment',
    passedBy: 'broken',
    holds: order => order.state === 'cancelled' && order.payment?.state === 'authorized' && !open(order, 'void'),
  },
  { name: 'void written, gateway not asked', owner: 'payment', passedBy: 'broken', holds: asking('void') },
  { name: 'voided at gateway, not written', owner: 'payment', passedBy: 'broken', holds: answered('void') },
  { name: 'voided, not yet told', owner: 'payment', passedBy: 'broken', holds: unpublished('payment.voided') },
  {
    name: 'cancelled, files to be removed',
    owner: 'data',
    passedBy: 'broken',
    holds: order => order.exportDue && ['failed', 'cancelled'].includes(order.delivery?.state ?? ''),
  },
  {
    name: 'order over, callback to be sent',
    owner: 'order',
    passedBy: 'approved',
    holds: order => isOver(order) && order.callback === 'waiting',
  },
]

/** What would look different had anything moved. */
export function signatureOf(order: OrderFacts): string {
  const { payment, delivery } = order
  const attempts = payment?.attempts.map(({ operation, outcome, lost }) => `${operation} ${outcome} ${lost}`).join()
  return [
    `${order.state} ${order.step} ${order.percentage} ${[...order.unpublished].sort()}`,
    `${payment?.state} ${payment?.wanted} ${attempts} ${payment?.doneAtGateway.size}`,
    `${delivery?.state} ${delivery?.delivered} ${delivery?.checkpoint} ${order.exportDue} ${order.callback}`,
  ].join(' | ')
}

/** The order is final and nothing is left to be done for it anywhere. */
export function isSettled(order: OrderFacts): boolean {
  const { payment, delivery } = order
  if (!isOver(order) || order.unpublished.size > 0 || order.exportDue || order.callback === 'waiting') return false
  if (payment && (payment.wanted !== null || payment.attempts.some(({ outcome }) => outcome === 'unknown')))
    return false
  const moneyIsRight =
    order.state === 'delivered'
      ? payment?.state === 'captured'
      : payment === undefined || ['voided', 'declined', 'refunded'].includes(payment.state)
  const deliveryIsRight =
    order.state === 'delivered' ? delivery?.delivered === true : delivery === undefined || delivery.state !== 'running'
  return moneyIsRight && deliveryIsRight
}
