// An answer that is no success, as an error (RFC 9457).

import type { TextAnswer } from './exchange.ts'
import { type FieldError, WaybillError } from './waybill-error.ts'

interface Problem {
  code?: string
  title?: string
  detail?: string
  request_id?: string
  retryable?: boolean
  errors?: FieldError[]
}

/** Passing troubles of what stands in front of a server, which sends no problem document of ours (RFC 9110 15.6). */
const passing = [408, 429, 502, 503, 504]

export function errorOf({ status, headers, text }: TextAnswer): WaybillError {
  const problem = readProblem(text)
  const requestId = problem?.request_id ?? headers.get('x-request-id') ?? undefined
  const retryAfterSeconds = readRetryAfter(headers.get('retry-after'))
  if (problem?.code === undefined) {
    return new WaybillError({
      code: 'UNEXPECTED_ANSWER',
      message: `the server answered ${status} without a problem document: is there a Waybill server at this address?`,
      ...{ status, requestId, retryAfterSeconds, retryable: passing.includes(status) },
    })
  }
  return new WaybillError({
    code: problem.code,
    message: problem.detail ?? problem.title ?? problem.code,
    ...{ title: problem.title, status, requestId, retryAfterSeconds },
    ...{ errors: problem.errors, retryable: problem.retryable },
  })
}

function readProblem(text: string): Problem | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined
  } catch {
    return undefined
  }
}

/** Seconds from now; the header holds them, or a date (RFC 9110 10.2.3). */
export function readRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1_000
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds)
}
