export {
  acceptTraceparent,
  currentContext,
  type WorkContext,
  withContext,
  withNewContext,
  withoutContext,
} from './context.ts'
export { createAccessLog, createLogger, type Logger, type LoggerOptions } from './logger.ts'
export { traced, tracedModule } from './traced.ts'
