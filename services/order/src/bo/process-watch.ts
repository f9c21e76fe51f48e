// Tells who waits for a process that it has changed: at once for changes made here, within a second for those of other instances.
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

const pollMilliseconds = 1_000
const readAtOnce = 200

export type ProcessWatch = ReturnType<typeof createProcessWatch>

export function createProcessWatch({ db, processes, log }: Needs) {
  const watched = new Map<string, Set<Listener>>()
  let polling: NodeJS.Timeout | undefined

  /** One read serves all who wait for the same process. */
  function look(processIds: string[]): void {
    processes.findProcessesByIds(db, processIds).then(
      rows => {
        for (const row of rows) for (const listener of watched.get(row.process_id) ?? []) listener(row)
      },
      error => log.error({ err: error }, 'watched processes could not be read'),
    )
  }

  function lookAtAll(): void {
    const ids = [...watched.keys()]
    for (let at = 0; at < ids.length; at += readAtOnce) look(ids.slice(at, at + readAtOnce))
  }

  function listen(processId: string, listener: Listener): () => void {
    const listeners = watched.get(processId) ?? new Set()
    watched.set(processId, listeners.add(listener))
    polling ??= setInterval(lookAtAll, pollMilliseconds).unref()
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) watched.delete(processId)
      if (watched.size > 0) return
      clearInterval(polling)
      polling = undefined
    }
  }

  return {
    /** To be called in the transaction that changes a process. */
    changed(tx: AnyTx, processId: string): void {
      afterCommit(tx, () => watched.has(processId) && look([processId]))
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
      look([seen.process_id])
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
