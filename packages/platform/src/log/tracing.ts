// Whether spans are made, and by what. Off unless somebody collects them: then nothing of OpenTelemetry is loaded or run.

/** A span under way. */
export interface OpenSpan {
  /** Names this span (W3C Trace Context): the parent of what is done under it, in this process or in another. */
  readonly traceparent: string
  /** `error` is what the work failed with, where it did. */
  end(error?: unknown): void
}

export interface RequestSpan {
  readonly traceparent: string
  /** Both are undefined where it never came so far: a path that no route has, a client that left. */
  end(answer: { route: string | undefined; status: number | undefined }): void
}

/** A call to another party, after the semantic conventions for HTTP clients. */
export interface CallSpan {
  readonly traceparent: string
  /** What was answered, or what went wrong; both where an answer was no success. */
  end(outcome: { status?: number; error?: unknown }): void
}

export interface CallTarget {
  method: string
  /** Whom it goes to, in a word or two: few values, they name the span. */
  peer: string
  url: string
}

/** `service` says whose span it is; without one it is the process's own. */
export interface Tracing {
  /** Begins a span under a well-formed `traceparent`; without one it begins a trace. */
  begin(service: string | undefined, name: string, traceparent: string | undefined): OpenSpan
  /** The same for an HTTP request that has come in, after the semantic conventions for HTTP servers. */
  beginRequest(
    service: string | undefined,
    request: { method: string; path: string },
    traceparent: string | undefined,
  ): RequestSpan
  beginCall(service: string | undefined, target: CallTarget, traceparent: string): CallSpan
  /** Sends what is left. Takes 2 s at most and never rejects. */
  stop(): Promise<void>
}

export interface TracingOptions {
  /** Base URL of a collector that takes OTLP over HTTP, in JSON. */
  endpoint: string
  version: string
  /** Hears why spans could not be sent. */
  warn(reason: string): void
}

let installed: Tracing | undefined

/** What traces that which is put together now; undefined while tracing is off. */
export function installedTracing(): Tracing | undefined {
  return installed
}

/** Turns tracing on for all that is put together from now on. Answers how to turn it off and send what is left. */
export async function startTracing(options: TracingOptions): Promise<() => Promise<void>> {
  const { createTracing } = await import('./open-telemetry.ts')
  const tracing = createTracing(options)
  installed = tracing
  return async () => {
    if (installed === tracing) installed = undefined
    await tracing.stop()
  }
}
