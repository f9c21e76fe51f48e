// Load comes from a process of its own, so that what it costs is neither the server's nor the bench's.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Order } from './load-process.ts'
import type { LoadResult, Workload } from './workload.ts'

export class LoadGenerator {
  readonly #child: ChildProcess
  /** The most that a workload took of a core so far: above 0.9 it is the generator that was measured. */
  busiest = 0

  constructor() {
    const entry = new URL('./load-process.ts', import.meta.url)
    this.#child = fork(entry, { serialization: 'advanced', stdio: 'inherit' })
  }

  /** One at a time. Throws when an answer was not as it should be. */
  async run(workload: Workload): Promise<LoadResult> {
    const result = await this.runUntilFailure(workload)
    if (result.failure !== null) throw new Error(`${workload.kind}: ${result.failure}`)
    return result
  }

  /** The same for a server that is going to be killed: what was done until then is the result. */
  async runUntilFailure(workload: Workload): Promise<LoadResult> {
    const ended = new AbortController()
    this.#send({ do: workload })
    const exit = once(this.#child, 'exit', { signal: ended.signal }).then(() => {
      throw new Error('the load generator has ended')
    })
    try {
      const [result] = (await Promise.race([once(this.#child, 'message'), exit])) as [LoadResult]
      this.busiest = Math.max(this.busiest, result.ownCpuShare)
      return result
    } finally {
      ended.abort()
      exit.catch(() => {})
    }
  }

  /** The workload that runs ends before its time. */
  finish(): void {
    this.#send({ finish: true })
  }

  end(): void {
    this.#child.kill('SIGKILL')
  }

  #send(order: Order): void {
    this.#child.send(order)
  }
}
