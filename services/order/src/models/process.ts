// The work behind an order, as its owner follows it.
import type { PaymentMode, Process, ProcessState } from '@waybill/contracts'
import { rfc3339 } from '@waybill/platform/clock'

export type ProcessStatus = 0 | 1 | 2

export interface ProcessRow {
  process_id: string
  order_id: string
  user_id: string
  cloud: string
  status: ProcessStatus
  percentage: number
  step: string
  reason: string | null
  /** Since when it is our turn and no longer the customer's; null while an order to be paid later is unpaid. */
  started_at: number | null
  created_at: number
  updated_at: number
  finished_at: number | null
}

const stateWords: Record<ProcessStatus, ProcessState> = { 0: 'under_process', 1: 'success', 2: 'failure' }
const stepAtMost = 200
const reasonAtMost = 2_000

export const steps = {
  awaitingPayment: 'awaiting_payment',
  authorizingPayment: 'authorizing_payment',
  exporting: 'exporting',
  delivered: 'delivered',
  cancelled: 'cancelled',
} as const

export function firstStep(mode: PaymentMode): string {
  return mode === 'later' ? steps.awaitingPayment : steps.authorizingPayment
}

/** Texts of other services, cut to what their columns hold. */
export const cutStep = (text: string) => text.slice(0, stepAtMost)
export const cutReason = (text: string) => text.slice(0, reasonAtMost)

export function presentProcess(row: ProcessRow, etaSeconds: number | null): Process {
  return {
    process_id: row.process_id,
    order_id: row.order_id,
    status: row.status,
    state: stateWords[row.status],
    percentage: row.percentage,
    step: row.step,
    reason: row.reason,
    eta_seconds: etaSeconds,
    created_at: rfc3339(row.created_at),
    updated_at: rfc3339(row.updated_at),
    finished_at: rfc3339(row.finished_at),
    data_url: row.status === 1 ? `/data?process_id=${row.process_id}` : null,
  }
}

/** True where a client would see a difference. */
export function differs(a: ProcessRow, b: ProcessRow): boolean {
  return a.status !== b.status || a.percentage !== b.percentage || a.step !== b.step
}

/** Seconds until it is worth asking again; undefined once it is final. */
export function retryAfter({ status, eta_seconds: eta }: Process): string | undefined {
  return status === 0 ? String(Math.min(Math.max(eta ?? 2, 1), 10)) : undefined
}
