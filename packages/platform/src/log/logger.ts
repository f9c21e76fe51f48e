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

/** Makes a logger whose every line carries the request id and trace of the work at hand. */
export function createLogger(options: LoggerOptions): Logger {
  // A buffered destination: a line costs no system call of its own; the rest is written when the process ends.
  const stream = options.stream ?? destination({ fd: 2, sync: false, minLength: 4096, periodicFlush: 200 })
  return pino(
    {
      name: options.name,
      level: options.level,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      redact: { paths: secretFields.flatMap(field => [field, `*.${field}`]), censor: '[secret]' },
      mixin: () => {
        const context = currentContext()
        return context ? { request_id: context.requestId, trace_id: context.traceparent.slice(3, 35) } : {}
      },
    },
    stream,
  )
}
