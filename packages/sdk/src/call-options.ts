// What every call takes besides its own arguments.

export interface CallOptions {
  /** Ends the call, its retries and its streams; it rejects with the signal's reason. */
  signal?: AbortSignal
  /** Milliseconds that one attempt may take until its answer is there; of a file, until more of it comes. Default: the client's. */
  timeout?: number
  /** Sent as X-Request-Id, 1–128 of `A-Za-z0-9._-`: it stands on every log line and in every event that the call leads to. */
  requestId?: string
}

export interface KeyedCallOptions extends CallOptions {
  /** 1–255 printable ASCII; calls with the same one have one effect. Default: a new one for each call, which its retries share. */
  idempotencyKey?: string
}

export interface WatchOptions extends CallOptions {
  /** Told false when the connection is lost, and true once the server answers again: going on needs nobody's help. */
  onConnection?: (isConnected: boolean) => void
}
