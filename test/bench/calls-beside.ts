// What others feel while something large goes on: their calls come steadily, to the process that exports and to another one,
// and are timed with and without it.
import type { Account } from './account.ts'
import type { Effort } from './effort.ts'
import { type Figure, percentile } from './figures.ts'
import { goals } from './goals.ts'
import type { LoadGenerator } from './load/load-generator.ts'
import type { Target } from './load/workload.ts'

const callsPerSecond = 400
const longestSeconds = 600

/** Milliseconds, by the call's name. */
export type TailLatencies = Record<string, number>

interface Call {
  name: string
  target: Target
  path: string
}

export class CallsBeside {
  readonly #generator: LoadGenerator
  readonly #calls: Call[]
  /** In it each call comes so often that one in a hundred is not one or two. */
  readonly #seconds: number

  /** @param placed an order that is delivered, of an account at the system as it runs. */
  constructor(
    generator: LoadGenerator,
    { callsBeside }: Effort,
    account: Account,
    placed: { order: { id: string }; process: { process_id: string } },
  ) {
    this.#generator = generator
    this.#calls = [
      { name: 'GET /order/:id', target: account.target('order'), path: `/order/${placed.order.id}` },
      { name: 'GET /exports/:id', target: account.target('data'), path: `/exports/${placed.process.process_id}` },
    ]
    this.#seconds = (callsBeside * this.#calls.length) / callsPerSecond
  }

  /** Beside nothing. */
  async idle(): Promise<TailLatencies> {
    return this.#tails(await this.#run(this.#seconds))
  }

  /** Beside the work, which is done again until there were enough of them. */
  async beside<T>(work: () => Promise<T>): Promise<{ done: T[]; tails: TailLatencies }> {
    const calls = this.#run(longestSeconds)
    const startedAt = performance.now()
    const done: T[] = []
    try {
      while (performance.now() - startedAt < this.#seconds * 1_000) done.push(await work())
    } finally {
      this.#generator.finish()
    }
    return { done, tails: this.#tails(await calls) }
  }

  /** A figure for each call: how slow one in a hundred was beside the work, and how slow beside nothing in the same rounds. */
  figures(beside: string, ours: TailLatencies[], idle: TailLatencies[]): Figure[] {
    return this.#calls.map(({ name }) => ({
      name: `${name} p99 beside ${beside}`,
      unit: 'ms',
      ours: ours.map(tails => tails[name]!),
      floor: { name: 'idle', samples: idle.map(tails => tails[name]!) },
      goal: goals.readsWhileExporting,
    }))
  }

  get note(): string {
    const each = Math.round((this.#seconds * callsPerSecond) / this.#calls.length)
    return `Calls of others: ${callsPerSecond} a second, ${this.#calls.map(({ name }) => name).join(' and ')} (of the process that exports) in turn, at least ${each} of each a round, beside the export and idle in the same round; none waits for the one before. An export that is over sooner is done again.`
  }

  #run(seconds: number) {
    const reads = this.#calls.map(({ target, path }) => ({ target, path }))
    return this.#generator.run({ kind: 'read-steadily', reads, perSecond: callsPerSecond, seconds })
  }

  /** Latencies come in the order of the calls. */
  #tails({ latencies }: { latencies: number[] }): TailLatencies {
    const of = (call: number) => latencies.filter((_, turn) => turn % this.#calls.length === call)
    return Object.fromEntries(this.#calls.map(({ name }, call) => [name, percentile(of(call), 99)]))
  }
}
