// What the databases have in common in letting concurrent callers share a commit: who waits for one, and for how long others are waited for.
import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import type { Tx } from './database.ts'

/** A caller of `Database.transaction` who waits for a commit. */
export interface Member<T> {
  readonly work: (tx: Tx<T>) => Promise<unknown>
  /** The one thing that its rows belong to, where it said so. */
  readonly about: string | undefined
  /** Runs a function in the context of this caller: the commit is shared, request ids and traces are not. */
  readonly inContext: <R>(run: () => R) => R
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

/** No commit holds more callers than this: the first of them is waiting. */
export const membersAtMost = 128
/** Under load a commit waits so long for callers to share it, unless so many are there already. */
const gatherMilliseconds = 1
const membersWorthACommit = 16
/** How often a work is run that finds each time that what it read no longer holds. */
export const triesAtMost = 5

/** Puts a caller into the queue. */
export function enlist<T, R>(waiting: Member<T>[], work: (tx: Tx<T>) => Promise<R>, about?: string): Promise<R> {
  return new Promise<R>((resolve, reject) => {
    const inContext = AsyncLocalStorage.snapshot()
    waiting.push({ work, about, inContext, resolve: resolve as (value: never) => void, reject })
  })
}

/** One turn of the event loop: every request read from the sockets in this turn gets to share the commit. */
export function endOfTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

/** Where the last commit was shared there is load: then a moment's wait brings more together. Nobody waits alone. */
export async function gather(waiting: number, sharedBy: number): Promise<void> {
  if (sharedBy > 1 && waiting < membersWorthACommit) await wait(gatherMilliseconds)
}
