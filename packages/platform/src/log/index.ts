export {
  acceptTraceparent,
  currentContext,
  readTraceparent,
  type WorkContext,
  withContext,
  withNewContext,
  withoutContext,
} from './context.ts'
export { createAccessLog, createLogger, type Logger, type LoggerOptions } from './logger.ts'
export { traced, tracedModule } from './traced.ts'
export { installedTracing, type RequestSpan, startTracing } from './tracing.ts'
