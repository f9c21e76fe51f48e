// Processes: the work behind orders, asked for, followed, and waited for.
import { type Api, splitOptions } from './api.ts'
import type { CallOptions } from './call-options.ts'
import { followProcess } from './follow-process.ts'
import type { ListFilters, OperatorFilters } from './list-filters.ts'
import type { Process } from './models.ts'
import type { Pages } from './pages.ts'
import { ProcessFailedError } from './process-failed-error.ts'

export interface ListProcessesOptions extends ListFilters, OperatorFilters {
  /** 0 under process, 1 success, 2 failure. */
  status?: Process['status']
}

export interface ShowProcessOptions extends CallOptions {
  /** Seconds, up to 60: the answer comes when the process changes, or after that time. */
  wait?: number
}

export interface FinishedOptions extends CallOptions {
  /** Called with the process as it is, and at every change. */
  onProgress?: (process: Process) => void
}

export class Processes {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  /** Throws PROCESS_NOT_FOUND, also for somebody else's. */
  get(processId: string, { wait, ...options }: ShowProcessOptions = {}): Promise<Process> {
    return this.#api.ask('showProcess', {
      params: { process_id: processId },
      headers: { Prefer: wait === undefined ? undefined : `wait=${wait}` },
      heldFor: (wait ?? 0) * 1_000,
      options,
    })
  }

  /** The caller's processes, newest first. */
  list(options: ListProcessesOptions = {}): Pages<Process> {
    return this.#api.list('listProcesses', splitOptions(options))
  }

  /**
   * The process as it is and at every change, until it is final: `for await (const process of processes.watch(id))`. Goes on
   * after a broken connection. Throws PROCESS_NOT_FOUND, and what is wrong where the server stays away for minutes.
   */
  watch(processId: string, options?: CallOptions): AsyncGenerator<Process, void, undefined> {
    return followProcess(this.#api, processId, options)
  }

  /** Waits until the process has succeeded. Throws a ProcessFailedError, which says why, where it fails. */
  async finished(processId: string, { onProgress, ...options }: FinishedOptions = {}): Promise<Process> {
    let last: Process | undefined
    for await (const process of this.watch(processId, options)) {
      last = process
      onProgress?.(process)
    }
    if (last?.status !== 1) throw new ProcessFailedError(last!)
    return last
  }
}
