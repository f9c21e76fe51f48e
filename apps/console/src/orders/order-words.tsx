// The words and colours for what orders, processes and payments can be.
import { Badge } from '@mantine/core'
import type { CancelReason, Order, OrderState, PaymentAttempt, PaymentState, Process } from '@waybill/sdk'
import { plainly } from '../answers/plainly.ts'
import { sentence } from '../answers/sentence.ts'
import classes from './order-words.module.css'

type Look = { label: string; color: string }

export const orderLooks: Record<OrderState, Look> = {
  created: { label: 'Waiting for payment', color: 'yellow' },
  confirmed: { label: 'In preparation', color: 'indigo' },
  delivered: { label: 'Delivered', color: 'green' },
  cancelled: { label: 'Cancelled', color: 'gray' },
}

export const cancelReasonWords: Record<CancelReason, string> = {
  payment_declined: 'The payment was declined.',
  payment_expired: 'It was not paid in time.',
  cancelled_by_user: 'You cancelled it.',
  processing_failed: 'The export failed.',
}

export const processLooks: Record<Process['state'], Look> = {
  under_process: { label: 'Under way', color: 'indigo' },
  success: { label: 'Finished', color: 'green' },
  failure: { label: 'Failed', color: 'red' },
}

export const paymentLooks: Record<PaymentState, Look> = {
  pending: { label: 'Pending', color: 'yellow' },
  authorized: { label: 'Authorized', color: 'indigo' },
  captured: { label: 'Paid', color: 'green' },
  declined: { label: 'Declined', color: 'red' },
  voided: { label: 'Released', color: 'gray' },
  refunded: { label: 'Refunded', color: 'gray' },
  unknown: { label: 'Being checked', color: 'orange' },
}

export const operationWords: Record<PaymentAttempt['operation'], string> = {
  authorize: 'Reserve',
  capture: 'Take',
  void: 'Release',
  refund: 'Give back',
}

export const outcomeLooks: Record<PaymentAttempt['outcome'], Look> = {
  succeeded: { label: 'Succeeded', color: 'green' },
  declined: { label: 'Declined', color: 'red' },
  failed: { label: 'Failed', color: 'red' },
  unknown: { label: 'Being checked', color: 'orange' },
}

/** A newer server may have more. */
export const serviceWords: Readonly<Record<string, string>> = {
  order: 'Order',
  payment: 'Payment',
  data: 'Data',
  user: 'User',
}

export function StateBadge({ look: { label, color } }: { look: Look }) {
  return (
    <Badge className={classes.badge} style={{ '--badge-of': `var(--mantine-color-${color}-filled)` }} tt="none">
      {label}
    </Badge>
  )
}

export const isFinal = ({ state }: Pick<Order, 'state'>): boolean => state === 'delivered' || state === 'cancelled'

const stepWords: Record<string, string> = {
  awaiting_payment: 'Waiting for the payment',
  authorizing_payment: 'The payment is being authorized',
  exporting: 'The export is under way',
  delivered: 'Delivered',
  cancelled: 'Cancelled',
}

/** What a process does, or why it failed; steps of an export speak for themselves. */
export function wordsOf({ reason, step }: Pick<Process, 'reason' | 'step'>): string {
  return sentence(plainly(reason ?? stepWords[step] ?? step))
}

/** "airports, movies and 3 more". */
export function namesOf({ items }: Pick<Order, 'items'>, shown = 2): string {
  const names = items.map(({ dataset }) => dataset)
  const rest = names.length - shown
  if (rest > 1) return `${names.slice(0, shown).join(', ')} and ${rest} more`
  return new Intl.ListFormat('en', { type: 'conjunction' }).format(names)
}
