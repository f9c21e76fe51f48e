// One request and its answer, within its time: what fetch throws becomes a WaybillError that says where and why.
import { WaybillError } from './waybill-error.ts'

export interface OutgoingRequest {
  method: string
  url: string
  headers: Record<string, string>
  body?: string
}

export interface Limits {
  timeout: number
  signal: AbortSignal | undefined
}

export interface TextAnswer {
  status: number
  headers: Headers
  text: string
}
export interface StreamAnswer {
  status: number
  headers: Headers
  stream: ReadableStream<Uint8Array>
}

/** The whole answer, as text. */
export async function exchangeText(
  fetcher: typeof fetch,
  request: OutgoingRequest,
  limits: Limits,
): Promise<TextAnswer> {
  const timer = startTimer(limits)
  try {
    const response = await fetcher(request.url, { ...request, signal: timer.signal })
    return { status: response.status, headers: response.headers, text: await response.text() }
  } catch (error) {
    throw explain(error, request, limits, timer.signal)
  } finally {
    timer.stop()
  }
}

/** The answer's head, and its body as it comes; the whole text where the answer is not a success. */
export async function exchangeStream(
  fetcher: typeof fetch,
  request: OutgoingRequest,
  limits: Limits,
): Promise<StreamAnswer | TextAnswer> {
  const timer = startTimer(limits)
  try {
    const response = await fetcher(request.url, { ...request, signal: timer.signal })
    const { status, headers } = response
    if (!response.ok || !response.body) return { status, headers, text: await response.text() }
    return { status, headers, stream: response.body }
  } catch (error) {
    throw explain(error, request, limits, timer.signal)
  } finally {
    timer.stop()
  }
}

/** A signal that follows the caller's, and is aborted when the time is over and `stop` was not called. */
function startTimer({ timeout, signal }: Limits): { signal: AbortSignal; stop: () => void } {
  signal?.throwIfAborted()
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(new DOMException('the time is over', 'TimeoutError')), timeout)
  return {
    signal: signal ? AbortSignal.any([signal, over.signal]) : over.signal,
    stop: () => clearTimeout(timer),
  }
}

function explain(
  cause: unknown,
  { method, url }: OutgoingRequest,
  { timeout, signal }: Limits,
  own: AbortSignal,
): unknown {
  if (signal?.aborted) return signal.reason
  const { origin, pathname } = new URL(url)
  if (own.aborted) {
    const message = `${method} ${pathname} was not answered within ${timeout} ms by ${origin}`
    return new WaybillError({ code: 'TIMED_OUT', message, retryable: true, cause })
  }
  const message = `${origin} is out of reach (${reasonOf(cause)}): check the address and that the server runs`
  return new WaybillError({ code: 'SERVER_UNREACHABLE', message, retryable: true, cause })
}

/** fetch says "fetch failed" and keeps the reason in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause as { code?: string; message?: string } | undefined
  return cause?.code ?? cause?.message ?? error.message
}
