// Lets a client wait for a process instead of asking over and over: a long poll, or a stream of its changes.
import type { Process } from '@waybill/contracts'
import type { StreamEvent } from '@waybill/platform/http'
import type { ProcessRow } from '../models/process.ts'
import type { DescribeProcess } from './describe-process.ts'
import type { ProcessWatch } from './process-watch.ts'

interface Needs {
  watch: ProcessWatch
  describeProcess: DescribeProcess
}

export type WatchProcess = ReturnType<typeof createWatchProcess>

export function createWatchProcess({ watch, describeProcess }: Needs) {
  return {
    /** The process once it is no longer as `seen` shows it; after `seconds`, or when `signal` is aborted, as it is. */
    async untilItChanges(seen: ProcessRow, seconds: number, signal: AbortSignal): Promise<Process> {
      const end = AbortSignal.any([signal, AbortSignal.timeout(seconds * 1_000)])
      for await (const row of watch.follow(seen, end)) return describeProcess(row)
      return describeProcess(seen)
    },

    /** The process as it is, then every change, until it is final. */
    async *asItChanges(seen: ProcessRow, signal: AbortSignal): AsyncGenerator<StreamEvent> {
      const event = async (row: ProcessRow) => ({ event: 'process', data: JSON.stringify(await describeProcess(row)) })
      yield await event(seen)
      for await (const row of watch.follow(seen, signal)) yield await event(row)
    },
  }
}
