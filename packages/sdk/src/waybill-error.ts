// The one error that the SDK throws: what the server refused, or what kept the answer from arriving.
import type { ErrorCode } from './models.ts'

/** What can go wrong without the server saying so. */
export type ClientErrorCode =
  /** No connection, or it broke: the request may or may not have been carried out. */
  | 'SERVER_UNREACHABLE'
  /** No answer within the timeout: the request may or may not have been carried out. */
  | 'TIMED_OUT'
  /** An answer that is not Waybill's: another server, or a proxy in between. */
  | 'UNEXPECTED_ANSWER'
  /** What was downloaded is not what was delivered. */
  | 'CHECKSUM_MISMATCH'
  /** The delivered file is another one than the one whose download was begun. */
  | 'FILE_CHANGED'
  /** A callback without a valid signature. */
  | 'CALLBACK_REFUSED'

export type WaybillErrorCode = ErrorCode | ClientErrorCode

export interface FieldError {
  /** `items[0].dataset` */
  field: string
  message: string
}

export interface WaybillErrorFacts {
  code: WaybillErrorCode | (string & {})
  message: string
  title?: string
  status?: number
  requestId?: string
  errors?: FieldError[]
  retryable?: boolean
  retryAfterSeconds?: number
  cause?: unknown
}

/** Thrown by every method; an abort rejects with the signal's reason instead. */
export class WaybillError extends Error {
  /** From the server's catalogue of codes, or one of `ClientErrorCode`; a newer server may know more. */
  readonly code: WaybillErrorCode | (string & {})
  /** What the code stands for, in the server's words; undefined where there was no answer of its. */
  readonly title: string | undefined
  /** HTTP status; 0 where there was no answer. */
  readonly status: number
  /** As it stands on the server's log lines; undefined where there was no answer. */
  readonly requestId: string | undefined
  /** Every bad field of a bad request. */
  readonly errors: readonly FieldError[]
  /** Whether the same request may succeed later. */
  readonly retryable: boolean
  /** What the server's Retry-After said, in seconds. */
  readonly retryAfterSeconds: number | undefined

  constructor(facts: WaybillErrorFacts) {
    super(facts.message, { cause: facts.cause })
    this.name = 'WaybillError'
    this.code = facts.code
    this.title = facts.title
    this.status = facts.status ?? 0
    this.requestId = facts.requestId
    this.errors = facts.errors ?? []
    this.retryable = facts.retryable ?? false
    this.retryAfterSeconds = facts.retryAfterSeconds
  }
}

/** Whether `error` was thrown by the SDK; with codes, whether it is one of those: `isWaybillError(error, 'ORDER_NOT_FOUND')`. */
export function isWaybillError<C extends WaybillErrorCode = WaybillErrorCode>(
  error: unknown,
  ...codes: C[]
): error is WaybillError & { readonly code: C } {
  return error instanceof WaybillError && (codes.length === 0 || (codes as string[]).includes(error.code))
}
