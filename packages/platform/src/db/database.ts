// A service's database, whatever engine it is on: transactions of concurrent callers share one commit, and hooks run after it.
import type { Kysely, Transaction } from 'kysely'

/** What a dao takes that only reads, or writes a single row: the database itself or a transaction. */
export type Db<T> = Kysely<T>
/** What a dao takes that needs a transaction. */
export type Tx<T> = Transaction<T>

export interface Database<T> {
  readonly engine: 'sqlite' | 'mysql'
  /** For reads outside of a transaction. */
  readonly db: Db<T>
  /**
   * Runs `work` in a transaction and answers when it is committed. Throws what `work` throws, after undoing all that it wrote.
   * Concurrent calls share one commit; each keeps its own outcome. `work` may await the database only: anything slower
   * would hold up every other writer. It may be run again (another caller of the same commit failed, a deadlock), so all
   * that it does besides writing rows belongs into `afterCommit`. Throws DatabaseUnavailable where the database is out of reach.
   *
   * `about` names the one thing (an order's id) that the rows belong to which `work` reads and writes. Works about different
   * things may run side by side in one transaction, statement by statement; those about the same thing, and those that
   * are about nothing in particular, run one after the other.
   */
  transaction<R>(work: (tx: Tx<T>) => Promise<R>, about?: string): Promise<R>
  /** Several reads that all see the same moment; `read` must not write. */
  snapshot<R>(read: (db: Db<T>) => Promise<R>): Promise<R>
  /** Epoch ms by the database's own clock: the one that all processes share. */
  now(): Promise<number>
  /** Connections: how many there may be, how many are at work, how many callers wait for one. */
  pool(): { size: number; inUse: number; waiting: number }
  ping(): Promise<void>
  close(): Promise<void>
}

/**
 * To be thrown in a transaction by what finds that a row is no longer as it was read: the work is run again and reads anew.
 * Callers see it as DatabaseUnavailable where it happens time and again.
 */
export class TransactionConflict extends Error {
  override readonly name: string = 'TransactionConflict'
}

/** The database is out of reach, or so busy that it did not answer in time: trying again later may help. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable'
}
