// Entry, exit and duration of every controller, bo and dao call, by one wrapper where a service is put together.
import { type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Logger } from './logger.ts'

// biome-ignore lint/suspicious/noExplicitAny: the one place that must accept a function of any parameters
type AnyFunction = (...args: any[]) => any

/** Wraps one function: debug lines around each call and, where a tracer is installed, a span. At other levels it is the function itself. */
export function traced<F extends AnyFunction>(log: Logger, layer: string, name: string, call: F): F {
  if (!log.isLevelEnabled('debug') && !tracingInstalled()) return call
  const wrapped = (...args: Parameters<F>): ReturnType<F> => {
    const started = performance.now()
    log.debug({ layer, call: name }, 'enter')
    const span = tracer().startSpan(`${layer} ${name}`)
    const leave = (error?: unknown) => {
      log.debug(
        { layer, call: name, ms: performance.now() - started, error: error ? String(error) : undefined },
        'leave',
      )
      endSpan(span, error)
    }
    try {
      const result = call(...args)
      if (!(result instanceof Promise)) {
        leave()
        return result
      }
      return result.then(
        value => {
          leave()
          return value
        },
        error => {
          leave(error)
          throw error
        },
      ) as ReturnType<F>
    } catch (error) {
      leave(error)
      throw error
    }
  }
  return wrapped as F
}

/** Wraps every function of a module (`import * as orderDao`), leaving the rest as it is. */
export function tracedModule<M extends object>(log: Logger, layer: string, module: M): M {
  const entries = Object.entries(module).map(([name, member]) => [
    name,
    typeof member === 'function' ? traced(log, layer, name, member as AnyFunction) : member,
  ])
  return Object.fromEntries(entries) as M
}

const tracer = () => trace.getTracer('waybill')

function tracingInstalled(): boolean {
  const probe = tracer().startSpan('probe')
  const installed = probe.isRecording()
  probe.end()
  return installed
}

function endSpan(span: Span, error: unknown): void {
  if (error) span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) })
  span.end()
}
