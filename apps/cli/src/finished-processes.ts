// Hears of every process of the caller that ends, through connections that go out from here: lists tell of new ones, event streams of their end.
import { setTimeout as pause } from 'node:timers/promises'
import { isWaybillError, type Process, type Waybill } from '@waybill/sdk'

export interface Listener {
  /** Whatever is placed from now on is heard of. */
  onReady(): void
  /** Once for each process; of several that end at once, at the same time. */
  onEnd(process: Process): Promise<void>
  /** The server is away; it is asked again until it is back. */
  onTrouble(message: string): void
}

const lookEveryMilliseconds = 1_000
/** Servers whose clocks differ may put a new process behind one that is known already. */
const clocksDifferByMilliseconds = 10_000
/** Open at once; whoever finds no place waits for one. */
const mostStreams = 20
const largestPage = 100

/** Listens until `signal` is aborted. Throws what cannot be ridden out: nobody is signed in, the server refuses. */
export async function hearOfEnds(client: Waybill, signal: AbortSignal, listener: Listener): Promise<void> {
  const failed = new AbortController()
  const over = AbortSignal.any([signal, failed.signal])
  const waiting: string[] = []
  const seen = new Set<string>()
  let streams = 0

  async function follow(): Promise<void> {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      let last: Process | undefined
      for await (const process of client.processes.watch(id, { signal: over })) last = process
      if (last) await listener.onEnd(last)
    }
  }

  function take({ process_id }: Process): void {
    if (seen.has(process_id)) return
    seen.add(process_id)
    waiting.push(process_id)
    if (streams === mostStreams) return
    streams++
    follow()
      .catch(error => failed.abort(error))
      .finally(() => {
        streams--
      })
  }

  let newest = 0
  async function lookForNewOnes(): Promise<void> {
    const until = newest - clocksDifferByMilliseconds
    for await (const process of client.processes.list({ limit: largestPage, signal: over })) {
      const at = Date.parse(process.created_at)
      if (at < until) break
      newest = Math.max(newest, at)
      take(process)
    }
  }

  // What has ended before is not ours to tell; what runs is, however old.
  for (const { process_id, status, created_at } of await client.processes
    .list({ limit: largestPage })
    .take(largestPage)) {
    if (status !== 0) seen.add(process_id)
    newest = Math.max(newest, Date.parse(created_at))
  }
  for await (const process of client.processes.list({ status: 0, limit: largestPage, signal: over })) take(process)
  listener.onReady()
  try {
    for (;;) {
      await pause(lookEveryMilliseconds, undefined, { signal: over })
      await lookForNewOnes().catch(error => {
        if (!isWaybillError(error) || !error.retryable) throw error
        listener.onTrouble(error.message)
      })
    }
  } catch (error) {
    if (signal.aborted) return
    throw failed.signal.aborted ? failed.signal.reason : error
  }
}
