// Entry, exit and duration of every controller, bo and dao call, by one wrapper where a service is put together.
import { currentContext, withContext } from './context.ts'
import type { Logger } from './logger.ts'
import { type CallTarget, installedTracing, type Tracing } from './tracing.ts'

// biome-ignore lint/suspicious/noExplicitAny: the one place that must accept a function of any parameters
type AnyFunction = (...args: any[]) => any

/**
 * Wraps one function: debug lines around each call and, while tracing is on, a span of the service that `log` speaks for.
 * Where neither is wanted it is the function itself.
 */
export function traced<F extends AnyFunction>(log: Logger, layer: string, name: string, call: F): F {
  const tracing = installedTracing()
  const logged = log.isLevelEnabled('debug') ? withLines(log, layer, name, call) : call
  return (tracing ? withSpan(tracing, log.bindings().service, `${layer} ${name}`, logged) : logged) as F
}

/** Wraps every function of a module (`import * as orderDao`), leaving the rest as it is. */
export function tracedModule<M extends object>(log: Logger, layer: string, module: M): M {
  const entries = Object.entries(module).map(([name, member]) => [
    name,
    typeof member === 'function' ? traced(log, layer, name, member as AnyFunction) : member,
  ])
  return Object.fromEntries(entries) as M
}

/**
 * Calls another party, while tracing is on under a span of its own: `call` finds it in the context at hand and passes it on.
 * `outcomeOf` tells of an answer; what is thrown is told as it is.
 */
export async function tracedCall<R>(
  target: () => CallTarget,
  call: () => Promise<R>,
  outcomeOf: (answer: R) => { status?: number; error?: unknown },
): Promise<R> {
  const tracing = installedTracing()
  const context = currentContext()
  if (!tracing || !context) return call()
  const span = tracing.beginCall(context.service, target(), context.traceparent)
  try {
    const answer = await withContext({ ...context, traceparent: span.traceparent }, call)
    span.end(outcomeOf(answer))
    return answer
  } catch (error) {
    span.end({ error })
    throw error
  }
}

function withLines(log: Logger, layer: string, name: string, call: AnyFunction): AnyFunction {
  return (...args) => {
    const started = performance.now()
    log.debug({ layer, call: name }, 'enter')
    return follow(
      () => call(...args),
      error =>
        log.debug(
          { layer, call: name, ms: performance.now() - started, error: error ? String(error) : undefined },
          'leave',
        ),
    )
  }
}

/** The span is the parent of all that the call does and sends. Work that is done for nobody (start-up, sweepers) has no span. */
function withSpan(tracing: Tracing, service: string | undefined, name: string, call: AnyFunction): AnyFunction {
  return (...args) => {
    const context = currentContext()
    if (!context) return call(...args)
    const span = tracing.begin(service, name, context.traceparent)
    const within = { ...context, service, traceparent: span.traceparent }
    return follow(() => withContext(within, () => call(...args)), span.end)
  }
}

/** Tells `leave` when a call has ended, now or later, and what it threw. */
function follow(call: () => unknown, leave: (error?: unknown) => void): unknown {
  let result: unknown
  try {
    result = call()
  } catch (error) {
    leave(error)
    throw error
  }
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
  )
}
