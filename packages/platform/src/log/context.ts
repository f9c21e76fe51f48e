// What belongs to the work at hand (request id, trace) and goes along with it through every await.
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { uuidv7 } from 'uuidv7'
import { installedTracing, type Tracing } from './tracing.ts'

export interface WorkContext {
  requestId: string
  /**
   * W3C Trace Context `traceparent`: `00-<32 hex trace id>-<16 hex span id>-<2 hex flags>`. While tracing is on, it names the
   * span at hand: whatever leaves us takes it along as its parent.
   */
  traceparent: string
  /** The service whose span is at hand; only while tracing is on. */
  service?: string
}

/** What rows keep of a context, so that work which is done later belongs to the request and the trace that led to it. */
export interface RememberedContext {
  request_id: string | null
  traceparent: string | null
}

const storage = new AsyncLocalStorage<WorkContext>()

/** Runs `work` so that everything it awaits sees `context`. */
export function withContext<R>(context: WorkContext, work: () => R): R {
  return storage.run(context, work)
}

/** The context of the work at hand; undefined outside of any (start-up, sweepers). */
export function currentContext(): WorkContext | undefined {
  return storage.getStore()
}

const traceparentPattern = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** Answers the caller's `traceparent` where it is well-formed, else a new one (W3C Trace Context 1). */
export function acceptTraceparent(header: string | undefined): string {
  return readTraceparent(header) ?? newTraceparent()
}

/** Answers the caller's `traceparent` where it is well-formed. */
export function readTraceparent(header: string | undefined): string | undefined {
  return header !== undefined && traceparentPattern.test(header) ? header : undefined
}

let pool = Buffer.alloc(0)
let at = 0

function newTraceparent(): string {
  const tracing = installedTracing()
  if (tracing) return beginTrace(tracing)
  // Randomness is drawn in blocks: one system call serves some hundred requests.
  if (at + 24 > pool.length) {
    pool = randomBytes(24 * 256)
    at = 0
  }
  const hex = pool.toString('hex', at, at + 24)
  at += 24
  return `00-${hex.slice(0, 32)}-${hex.slice(32)}-00`
}

/** A trace needs a first span, or its spans would hang under one that nobody ever sees. */
function beginTrace(tracing: Tracing): string {
  const span = tracing.begin(undefined, 'background work', undefined)
  span.end()
  return span.traceparent
}

/** Runs `work` in the context at hand or, where there is none, in a new one. */
export function withNewContext<R>(work: () => R): R {
  const context = storage.getStore()
  return storage.run(context ?? { requestId: uuidv7(), traceparent: newTraceparent() }, work)
}

/** The context of the work at hand, for a row that sets off more work; nothing where there is none (start-up, sweepers). */
export function rememberContext(): RememberedContext {
  const context = storage.getStore()
  return { request_id: context?.requestId ?? null, traceparent: context?.traceparent ?? null }
}

/** Runs `work` in the context that a row remembers; in a new one where it remembers none. */
export function withRememberedContext<R>(row: RememberedContext, work: () => R): R {
  const requestId = row.request_id ?? uuidv7()
  return storage.run({ requestId, traceparent: acceptTraceparent(row.traceparent ?? undefined) }, work)
}

/** Runs `work` outside of any context: what a request happened to set off, but does not do for it. */
export function withoutContext<R>(work: () => R): R {
  return storage.exit(work)
}
