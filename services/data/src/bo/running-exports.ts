// The exports that this process is at work on, so that a cancellation stops one at once and not at its next checkpoint.

export class RunningExports {
  readonly #stops = new Map<string, AbortController>()

  /** Runs `work` with a signal that `stop` aborts. */
  async run<T>(processId: string, work: (stopped: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController()
    this.#stops.set(processId, controller)
    try {
      return await work(controller.signal)
    } finally {
      this.#stops.delete(processId)
    }
  }

  stop(processId: string): void {
    this.#stops.get(processId)?.abort()
  }
}
