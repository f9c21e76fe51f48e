// What operators are shown of events, as the API answers it. Without the schemas, so that clients can take them.

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
export interface WaitingEvent {
  service: string
  event_id: string
  event_type: string
  subject: string
  created_at: string
  age_seconds: number
}
