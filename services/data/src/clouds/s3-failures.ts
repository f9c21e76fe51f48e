// What S3 and its SDK say when a call fails, and what it means (S3 API reference, "Error responses").
import { type Failure, failureOfConnection, failureOfStatus } from './guarded-calls.ts'

interface SdkError {
  name: string
  message: string
  $metadata?: { httpStatusCode?: number }
}

/** The cloud is well, and asks for time; the last one passes because the SDK has learned the right time from the answer. */
const passing = new Set(['SlowDown', 'Throttling', 'ThrottlingException', 'RequestTimeout', 'RequestTimeTooSkewed'])

export function explainS3(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined
  const { name, message, $metadata } = error as SdkError
  if (name === 'CredentialsProviderError') {
    return { kind: 'refused', said: `no credentials, neither in its settings nor where the SDK looks: ${message}` }
  }
  // Of a connection that was not made in time.
  if (name === 'TimeoutError') return { kind: 'outage', said: message }
  const status = $metadata?.httpStatusCode
  if (status === undefined) return failureOfConnection(error)
  const said = `${status} ${name}: ${message}`
  return passing.has(name) ? { kind: 'busy', said } : failureOfStatus(status, said)
}

export function isNamed(error: unknown, ...names: string[]): boolean {
  return error instanceof Error && names.includes(error.name)
}
