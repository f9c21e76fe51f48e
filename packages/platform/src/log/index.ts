export {
  acceptTraceparent,
  currentContext,
  type RememberedContext,
  readTraceparent,
  rememberContext,
  type WorkContext,
  withContext,
  withNewContext,
  withoutContext,
  withRememberedContext,
} from './context.ts'
export { createAccessLog, createLogger, type Logger, type LoggerOptions, standardError } from './logger.ts'
export { traced, tracedCall, tracedModule } from './traced.ts'
export { type CallSpan, installedTracing, type RequestSpan, startTracing } from './tracing.ts'
