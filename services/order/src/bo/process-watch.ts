// Tells who waits for a process that it has changed: at once for changes made here, soon for those of other instances.
import { setTimeout as pause } from 'node:timers/promises'
import { type AnyTx, afterCommit, type Db } from '@waybill/platform/db'
import type { Logger } from '@waybill/platform/log'
import type * as processDao from '../dao/process-dao.ts'
import { differs, type ProcessRow } from '../models/process.ts'
import type { OrderTables } from '../models/tables.ts'

interface Needs {
  db: Db<OrderTables>
  processes: typeof processDao
  log: Logger
}

type Listener = (row: ProcessRow) => void

/** What other instances change is seen so much later at most; nothing is read while nobody waits. */
const pollMilliseconds = 250
const readAtOnce = 500

export type ProcessWatch = ReturnType<typeof createProcessWatch>

export function createProcessWatch({ db, processes, log }: Needs) {
  const watched = new Map<string, Set<Listener>>()
  let isLooking = false
  let isBlind = false

  /** One read serves all who wait for the same process; reads of the same moment share statements. */
  async function look(processIds: string[]): Promise<void> {
    try {
      const rows = await Promise.all(processIds.map(id => processes.findProcessById(db, id)))
      for (const row of rows) for (const listener of (row && watched.get(row.process_id)) ?? []) listener(row!)
      isBlind = false
    } catch (error) {
      // Said once an outage: the next look comes soon.
      if (!isBlind) log.error({ err: error }, 'watched processes could not be read')
      isBlind = true
    }
  }

  async function lookAtAll(): Promise<void> {
    const ids = [...watched.keys()]
    for (let at = 0; at < ids.length; at += readAtOnce) await look(ids.slice(at, at + readAtOnce))
  }

  /** The pause begins when the look before has ended: a slow database is not asked more and more. */
  async function keepLooking(): Promise<void> {
    if (isLooking) return
    isLooking = true
    while (watched.size > 0) {
      await pause(pollMilliseconds, undefined, { ref: false })
      await lookAtAll()
    }
    isLooking = false
  }

  function listen(processId: string, listener: Listener): () => void {
    const listeners = watched.get(processId) ?? new Set()
    watched.set(processId, listeners.add(listener))
    void keepLooking()
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) watched.delete(processId)
    }
  }

  return {
    /** To be called in the transaction that changes a process. */
    changed(tx: AnyTx, processId: string): void {
      afterCommit(tx, () => {
        if (watched.has(processId)) void look([processId])
      })
    },

    /** Every change that a client would see, from `seen` on; ends with the final one, or when `signal` is aborted. */
    async *follow(seen: ProcessRow, signal: AbortSignal): AsyncGenerator<ProcessRow> {
      const news: ProcessRow[] = []
      let wake = () => {}
      const stopListening = listen(seen.process_id, row => {
        news.push(row)
        wake()
      })
      const onAbort = () => wake()
      signal.addEventListener('abort', onAbort)
      // What changed between the reading of `seen` and now has told nobody.
      void look([seen.process_id])
      try {
        let last = seen
        while (last.status === 0 && !signal.aborted) {
          const row = news.shift()
          if (row && differs(last, row)) {
            last = row
            yield row
          } else if (!row) {
            await new Promise<void>(resolve => {
              wake = resolve
            })
          }
        }
      } finally {
        stopListening()
        signal.removeEventListener('abort', onAbort)
      }
    },
  }
}
