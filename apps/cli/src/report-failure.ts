// Tells on stderr what went wrong and what to do about it, and finds the exit code for it.
import { isWaybillError, type WaybillError } from '@waybill/sdk'
import { ConfigurationOutOfReach, exitCodes, OutOfReach, Refusal, UsageError } from './failures.ts'
import { remedies } from './remedies.ts'
import { printable, type Terminal } from './terminal.ts'

interface Report {
  exitCode: number
  /** RFC 9457, as far as it applies; printed with --json. */
  problem: Record<string, unknown>
  lines: string[]
}

/** Prints a failure, in words or as JSON, and answers the exit code. */
export function reportFailure(error: unknown, terminal: Terminal): number {
  if (error instanceof Refusal && error.isTold) return exitCodes.refused
  const { exitCode, problem, lines } = reportOf(error)
  if (terminal.json) terminal.note(JSON.stringify(problem))
  else for (const line of lines) terminal.note(printable(line))
  return exitCode
}

function reportOf(error: unknown): Report {
  if (error instanceof UsageError) return usage(error)
  if (error instanceof Refusal) {
    const { title, code, message: detail } = error
    return { exitCode: exitCodes.refused, problem: { title, detail, code }, lines: [title, detail] }
  }
  if (error instanceof ConfigurationOutOfReach) return configurationOutOfReach(error)
  if (error instanceof OutOfReach) return outOfReach('CONNECTION_LOST', error.message)
  if (isWaybillError(error, 'SERVER_UNREACHABLE', 'TIMED_OUT', 'UNEXPECTED_ANSWER')) {
    return outOfReach(error.code, error.message)
  }
  if (isWaybillError(error, 'NOT_AUTHENTICATED') && error.status === 0) return notSignedIn(error)
  if (isWaybillError(error)) return refused(error)
  return unexpected(error)
}

function usage({ message, correct }: UsageError): Report {
  const example = correct === undefined ? [] : ['This would be right:', `  ${correct}`]
  return {
    exitCode: exitCodes.usage,
    problem: { title: 'The command line is wrong', detail: message, code: 'USAGE', correct },
    lines: [...message.split('\n'), ...example],
  }
}

function outOfReach(code: string, detail: string): Report {
  return {
    exitCode: exitCodes.outOfReach,
    problem: { title: 'The server is out of reach', detail, code },
    lines: [
      'The server is out of reach.',
      detail,
      'Is it running, and is that its address? --server or WAYBILL_SERVER names another; `waybill doctor` checks it.',
    ],
  }
}

function configurationOutOfReach({ message: detail }: Error): Report {
  const title = 'The configuration is out of reach'
  return {
    exitCode: exitCodes.outOfReach,
    problem: { title, detail, code: 'CONFIGURATION_OUT_OF_REACH' },
    lines: [
      title,
      detail,
      'Is that where it is? AWS_REGION, AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL_KMS say where AWS is asked.',
    ],
  }
}

/** Found out here, before any call. */
function notSignedIn({ code }: WaybillError): Report {
  const title = 'You are not signed in'
  const detail = 'sign in to this server first: waybill login <e-mail>, or waybill register <e-mail>'
  return { exitCode: exitCodes.refused, problem: { title, detail, code }, lines: [title, detail] }
}

function refused(error: WaybillError): Report {
  const { title = 'The server refused', code, status, message: detail, errors, requestId, retryable } = error
  // A single bad field may be all that the detail says.
  const isNews = (bad: { field: string; message: string }) => detail !== `${bad.field} ${bad.message}`
  return {
    exitCode: exitCodes.refused,
    problem: { title, status, detail, code, request_id: requestId, retryable, errors },
    lines: [
      title,
      detail,
      ...errors.filter(isNews).map(({ field, message }) => `  ${field}: ${message}`),
      ...(remedies[code] === undefined ? [] : [remedies[code]]),
      `code ${code}${requestId === undefined ? '' : `, request ${requestId}`}`,
    ],
  }
}

/** A file that cannot be written, or a mistake of ours. */
function unexpected(error: unknown): Report {
  const detail = error instanceof Error ? error.message : String(error)
  const title = 'Something went wrong on this machine'
  return { exitCode: exitCodes.refused, problem: { title, detail, code: 'FAILED' }, lines: [title, detail] }
}
