// The time that all processes on one database share: the database's clock, carried on by this process's monotonic one in between.
import type { Database } from './database.ts'

export class SharedClock {
  readonly #database: Pick<Database<never>, 'now'>
  /** Database time minus `performance.now()`. */
  #offset = Date.now() - performance.now()

  constructor(database: Pick<Database<never>, 'now'>) {
    this.#database = database
  }

  /** Epoch ms. Does not jump when the clock of this machine is set. */
  now(): number {
    return Math.round(this.#offset + performance.now())
  }

  /** Asks the database. The answer is as old as its way back was long: half of the time it took. */
  async read(): Promise<void> {
    const askedAt = performance.now()
    const time = await this.#database.now()
    this.#offset = time - (askedAt + performance.now()) / 2
  }
}
