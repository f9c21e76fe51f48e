// The guard around a cloud that is reached over a network: time limits, other tries, a circuit breaker, errors in our words.
import {
  BrokenCircuitError,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  type IBackoff,
  type IRetryBackoffContext,
  retry,
  TaskCancelledError,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel'
import { CloudRefused, CloudUnavailable } from './cloud-error.ts'

/** How long a cloud is waited for, and how often it is asked. */
export interface Patience {
  /** For the answer to a call without much of a body. */
  callMilliseconds: number
  /** For a part of an upload to be taken. */
  partMilliseconds: number
  /** For the next chunk of a body. */
  stallMilliseconds: number
  tries: number
  /** On average; it doubles with each further try. */
  firstPauseMilliseconds: number
  longestPauseMilliseconds: number
  /** So many calls in a row that met an outage, and the cloud is left alone. */
  outagesInARow: number
  /** For so long; then one call finds out whether it is back. */
  restMilliseconds: number
}

export const usualPatience: Patience = {
  callMilliseconds: 10_000,
  partMilliseconds: 60_000,
  stallMilliseconds: 10_000,
  tries: 4,
  firstPauseMilliseconds: 100,
  longestPauseMilliseconds: 3_000,
  outagesInARow: 10,
  restMilliseconds: 5_000,
}

/** What a failed call means for the next one. */
export interface Failure {
  /**
   * `refused`: trying again does not help; `busy`: it does, later, and the cloud is well (429, SlowDown); `outage`: it
   * does, when the cloud is back (5xx, broken connections).
   */
  kind: 'refused' | 'busy' | 'outage'
  /** What the vendor said: `403 AccessDenied: Access Denied`. */
  said: string
  /** It asked for so much time before the next try. */
  pauseMilliseconds?: number
}

export interface GuardOptions {
  /** Its name, which stands in every message. */
  cloud: string
  patience: Patience
  /** Undefined for what is no answer of the vendor: it is thrown as it is. */
  explain(error: unknown): Failure | undefined
  /** They are struck out of what the vendor said. */
  secrets?: readonly (string | undefined)[]
}

export interface CallOptions {
  /** Ends the call and its further tries. */
  signal?: AbortSignal
  /** For one try. */
  timeoutMilliseconds?: number
  /** A try came to nothing, for now: what it sends may still be under way. */
  onFailedTry?(): void
}

/** The call failed in a way that may pass. */
class Trouble extends Error {
  readonly isOutage: boolean
  readonly pauseMilliseconds: number

  constructor({ kind, pauseMilliseconds = 0 }: Failure, said: string) {
    super(said)
    this.isOutage = kind === 'outage'
    this.pauseMilliseconds = pauseMilliseconds
  }
}

const saidAtMost = 300

/** One for each cloud, so that the outage of one leaves the others alone. */
export class GuardedCalls {
  readonly patience: Patience
  readonly #options: GuardOptions
  readonly #tries
  #lastOutage = ''

  constructor(options: GuardOptions) {
    this.#options = options
    this.patience = options.patience
    const { tries, firstPauseMilliseconds, longestPauseMilliseconds, outagesInARow, restMilliseconds } =
      options.patience
    const growing = new ExponentialBackoff({ initialDelay: firstPauseMilliseconds, maxDelay: longestPauseMilliseconds })
    const backoff = { next: (failed: Failed) => asAsked(growing.next(), failed, longestPauseMilliseconds) }
    const again = retry(
      handleWhen(error => error instanceof Trouble),
      { maxAttempts: tries - 1, backoff },
    )
    const breaker = circuitBreaker(
      handleWhen(error => error instanceof Trouble && error.isOutage),
      { halfOpenAfter: restMilliseconds, breaker: new ConsecutiveBreaker(outagesInARow) },
    )
    this.#tries = wrap(again, breaker)
  }

  /**
   * Answers what `work` answers. It may be called several times; its signal aborts when a try takes too long, and not when
   * it has answered, so that a body can be read on. Throws CloudRefused, CloudUnavailable, and as they are the reason of
   * the signal and what `explain` does not know.
   */
  async call<T>(work: (signal: AbortSignal) => Promise<T>, options: CallOptions = {}): Promise<T> {
    const { cloud } = this.#options
    try {
      return await this.#tries.execute(() => this.#once(work, options))
    } catch (error) {
      options.signal?.throwIfAborted()
      if (error instanceof Trouble) throw new CloudUnavailable(`${cloud} is not to be had: ${error.message}`)
      if (error instanceof BrokenCircuitError) {
        throw new CloudUnavailable(`${cloud} is not to be had and is left alone for a moment: ${this.#lastOutage}`)
      }
      throw error
    }
  }

  /** The failure may pass: the same can be tried again. */
  mayPass(error: unknown): boolean {
    const kind = this.#options.explain(error)?.kind
    return kind === 'busy' || kind === 'outage'
  }

  async #once<T>(
    work: (signal: AbortSignal) => Promise<T>,
    { signal, timeoutMilliseconds = this.patience.callMilliseconds, onFailedTry }: CallOptions,
  ): Promise<T> {
    signal?.throwIfAborted()
    const inTime = timeout(timeoutMilliseconds, { strategy: TimeoutStrategy.Aggressive, abortOnReturn: false })
    try {
      return await inTime.execute(context => work(context.signal), signal)
    } catch (error) {
      onFailedTry?.()
      signal?.throwIfAborted()
      throw this.#inOurWords(error, timeoutMilliseconds)
    }
  }

  #inOurWords(error: unknown, timeoutMilliseconds: number): unknown {
    const { cloud, explain } = this.#options
    const failure: Failure | undefined =
      error instanceof TaskCancelledError
        ? { kind: 'outage', said: `no answer within ${timeoutMilliseconds / 1_000} s` }
        : explain(error)
    if (!failure) return error
    const said = this.#presentable(failure.said)
    if (failure.kind === 'refused') return new CloudRefused(`${cloud} refused: ${said}`)
    if (failure.kind === 'outage') this.#lastOutage = said
    return new Trouble(failure, said)
  }

  #presentable(said: string): string {
    let text = said
    for (const secret of this.#options.secrets ?? []) if (secret) text = text.replaceAll(secret, '***')
    return text.replace(/\s+/g, ' ').trim().slice(0, saidAtMost)
  }
}

type Failed = IRetryBackoffContext<unknown>

/** A longer pause where the cloud asked for one. */
function asAsked(backoff: IBackoff<unknown>, failed: Failed, longest: number): IBackoff<Failed> {
  const error = 'error' in failed.result ? failed.result.error : undefined
  const asked = error instanceof Trouble ? Math.min(error.pauseMilliseconds, longest) : 0
  return {
    duration: Math.max(backoff.duration, asked),
    next: later => asAsked(backoff.next(later), later, longest),
  }
}

/**
 * By the status that HTTP answers were sent with (RFC 9110 15, RFC 6585 4).
 *
 * @param retryAfter the header's value; seconds are understood.
 */
export function failureOfStatus(status: number, said: string, retryAfter?: string | null): Failure {
  const pauseMilliseconds = Number(retryAfter ?? 0) * 1_000 || 0
  if (status === 429) return { kind: 'busy', said, pauseMilliseconds }
  if (status === 408 || status >= 500) return { kind: 'outage', said, pauseMilliseconds }
  return { kind: 'refused', said }
}

const connectionErrors = new Set([
  ...['ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN'],
  ...['ENOTFOUND', 'EAI_AGAIN', 'EPROTO', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_SOCKET_CONNECTION_TIMEOUT'],
  ...['UND_ERR_SOCKET', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'],
])

/** A connection that could not be made, or broke; undefined for other errors. Looks into causes, too. */
export function failureOfConnection(error: unknown): Failure | undefined {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown }
  if (typeof code === 'string' && connectionErrors.has(code)) {
    return { kind: 'outage', said: `no connection (${code})` }
  }
  return cause === undefined ? undefined : failureOfConnection(cause)
}
