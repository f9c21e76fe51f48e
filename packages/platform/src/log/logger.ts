// One structured log line a fact: JSON on standard error, so that standard output stays for what a person asked for.
import { type DestinationStream, destination, type Logger, pino } from 'pino'
import { currentContext } from './context.ts'

export type { Logger }

export interface LoggerOptions {
  level: string
  name: string
  stream?: DestinationStream
}

/** Fields that never reach a log, wherever they turn up in a logged object's first two levels. */
const secretFields = [
  'password',
  'current_password',
  'token',
  'access_token',
  'refresh_token',
  'authorization',
  'secret',
  'client_secret',
  'settings',
]

const timestamp = () => `,"time":"${new Date().toISOString()}"`

/** A buffered destination on standard error: a line costs no system call of its own; the rest is written when the process ends. */
export function standardError(): DestinationStream {
  return destination({ fd: 2, sync: false, minLength: 12_288, periodicFlush: 200 })
}

/** Makes a logger whose every line carries the request id and trace of the work at hand. */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      name: options.name,
      level: options.level,
      timestamp,
      redact: { paths: secretFields.flatMap(field => [field, `*.${field}`]), censor: '[secret]' },
      mixin: () => {
        const context = currentContext()
        return context ? { request_id: context.requestId, trace_id: context.traceparent.slice(3, 35) } : {}
      },
    },
    options.stream ?? standardError(),
  )
}

/**
 * Makes the logger of the one line that every request gets. Its fields are chosen by the HTTP kit and none can be secret,
 * so nothing is searched for secrets: that costs more than the line.
 */
export function createAccessLog(options: LoggerOptions): Logger {
  return pino({ name: options.name, level: options.level, timestamp }, options.stream ?? standardError())
}
