// What operators and other services are shown of events and of work that waits, as the API answers it. Without the schemas, so that clients can take them.
import type { ServiceName } from './services.ts'

export interface DeadLetter {
  id: string
  service: string
  event_id: string
  event_type: string
  event: Record<string, unknown>
  error: string
  tries: number
  created_at: string
  updated_at: string
}
/** What a service has not done yet, or could not do, about a thing. */
export interface WaitingWork {
  service: ServiceName
  /** What the service keeps about it, a payment or an export; null where there is nothing, and left out where it cannot be read. */
  record?: object | null
  messages: WaitingMessage[]
  /** The broker is down, and more messages wait for it than were looked at. */
  may_have_more: boolean
  /** Messages that were handled, but not at their first try. */
  recovered?: RecoveredMessage[]
  retries: WaitingRetry[]
}
/** `unsent`: the broker has not confirmed it; `failing`: it is handed over again by itself; `dead`: by a person only. */
export const messageStates = ['unsent', 'failing', 'dead'] as const
export interface WaitingMessage {
  state: (typeof messageStates)[number]
  event_type: string
  /** null where it is none. */
  dead_letter_id: string | null
  error: string | null
  /** How often its handler has failed. */
  tries: number
  /** The request that led to it. */
  request_id: string | null
  /** Since when it waits. */
  since: string
  /** Of the last try. */
  updated_at: string
  next_try_at: string | null
}
export interface RecoveredMessage {
  event_type: string
  /** Of the last try that failed. */
  error: string
  /** Which try succeeded. */
  tries: number
  request_id: string | null
  /** When the first try failed. */
  failed_at: string
  handled_at: string
}
/** Work that is under way, or that was put off. */
export interface WaitingRetry {
  kind: string
  /** How often it was tried. */
  attempt: number
  due_at: string
  under_way: boolean
}
export interface WaitingEvent {
  service: string
  event_id: string
  event_type: string
  subject: string
  created_at: string
  age_seconds: number
}
