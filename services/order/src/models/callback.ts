// What a customer's server is told when a process ends, and how often it was tried.
import type { CallbackAttempt } from '@waybill/contracts'
import { rfc3339 } from '@waybill/platform/clock'

export interface CallbackRow {
  process_id: string
  user_id: string
  /** The same on every attempt, so that the receiver can tell a repetition (Standard Webhooks). */
  webhook_id: string
  url: string
  /** `stopped`: nothing is tried any more, unless it is asked for again. */
  state: 'waiting' | 'delivered' | 'stopped'
  /** How many attempts were made. */
  attempt: number
  /** Goes up when somebody asks for it again: an attempt that was under way then does not settle it. */
  revision: number
  next_attempt_at: number | null
  request_id: string
  traceparent: string
  created_at: number
  updated_at: number
}

export interface CallbackAttemptRow {
  id: string
  process_id: string
  url: string
  attempt: number
  status_code: number | null
  error: string | null
  at: number
  next_attempt_at: number | null
}

const seconds = 1_000
const minutes = 60 * seconds
const hours = 60 * minutes
/** Milliseconds from the first, second … attempt that failed to the next. */
const retryDelays = [5 * seconds, 30 * seconds, 2 * minutes, 10 * minutes, 1 * hours, 6 * hours]

/** The timer that sends what is due; its subject is the process. */
export const sendCallbackTimer = 'send-callback'

/** When to try again after `attempt` attempts, with 20 % of jitter either way; null after the last. */
export function nextAttemptAt(attempt: number, now: number): number | null {
  const delay = retryDelays[attempt - 1]
  return delay === undefined ? null : Math.round(now + delay * (0.8 + 0.4 * Math.random()))
}

export function presentAttempt(row: CallbackAttemptRow): CallbackAttempt {
  return {
    id: row.id,
    url: row.url,
    attempt: row.attempt,
    status_code: row.status_code,
    error: row.error,
    at: rfc3339(row.at),
    next_attempt_at: rfc3339(row.next_attempt_at),
  }
}
