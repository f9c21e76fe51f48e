// A refusal with a code from the catalogue; the HTTP kit makes a problem document of it (RFC 9457).
import { type ErrorCode, errorCatalogue } from '@waybill/contracts'

export interface FieldError {
  /** Where: `items[0].dataset`. */
  field: string
  message: string
}

export interface ApiErrorOptions {
  errors?: FieldError[]
  headers?: Record<string, string>
  cause?: unknown
}

export class ApiError extends Error {
  readonly code: ErrorCode
  readonly errors: FieldError[] | undefined
  readonly headers: Record<string, string>

  constructor(code: ErrorCode, detail: string, options: ApiErrorOptions = {}) {
    super(detail, { cause: options.cause })
    this.name = 'ApiError'
    this.code = code
    this.errors = options.errors
    this.headers = options.headers ?? {}
  }

  get status(): number {
    return errorCatalogue[this.code].status
  }
}

/** A refusal to be thrown: `throw refuse('ORDER_NOT_FOUND', 'there is no order 0192…')`. `detail` says what was wrong and what to do. */
export function refuse(code: ErrorCode, detail: string, options?: ApiErrorOptions): ApiError {
  return new ApiError(code, detail, options)
}

/** 400 VALIDATION_FAILED for one field that only the business can judge. */
export function refuseField(field: string, message: string): ApiError {
  return new ApiError('VALIDATION_FAILED', `${field} ${message}`, { errors: [{ field, message }] })
}

/** The problem document of a refusal, as text. */
export function problemDocument(error: ApiError, requestId: string, instance: string, status: number): string {
  const { title, retryable } = errorCatalogue[error.code]
  return JSON.stringify({
    type: `urn:waybill:error:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    detail: error.message,
    instance,
    code: error.code,
    request_id: requestId,
    retryable,
    ...(error.errors ? { errors: error.errors } : {}),
  })
}
