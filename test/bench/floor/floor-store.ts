// What a floor needs of a database, whichever it is: durable steps committed one by one or together, and a row read.

export type Value = string | number | null

/** One write of a durable step; said once for every database. */
export type Write =
  /** A row for `table (column, …)`. */
  | { into: string; row: Value[] }
  /** A change of the rows that `where` finds, one value of which is the key: that of concurrent orders may be done in one go. */
  | { change: string; values: Value[]; where: string; key: Value }

/** What a step writes; called when its transaction is about to be written, with the time that it shall bear. */
export type Step = (at: number) => Write[]

/** Resolves once the step is as durable as ours would be: on the disk. */
export type Commit = (step: Step) => Promise<void>

export interface Row {
  [column: string]: string | number | null
}

export interface FloorStore {
  /** A transaction for each step. */
  readonly commitEach: Commit
  /** The steps of concurrent orders in one transaction. */
  readonly commitTogether: Commit
  /** Prepared once for each text. */
  read(sql: string, values: Value[]): Promise<Row[]> | Row[]
  /** A statement that is its own transaction. */
  change(sql: string, values: Value[]): Promise<void>
  close(): Promise<void>
}

export type Sharing = 'naive' | 'sharing'

export function commitOf(store: FloorStore, sharing: Sharing): Commit {
  return sharing === 'naive' ? store.commitEach : store.commitTogether
}
