// What `finished` rejects with when there is nothing to be had.
import type { Process } from './models.ts'
import { WaybillError } from './waybill-error.ts'

/** The process has ended without a delivery, and no money is kept: `process.reason` says why. Its code is PROCESS_FAILED. */
export class ProcessFailedError extends WaybillError {
  readonly process: Process

  constructor(process: Process) {
    super({ code: 'PROCESS_FAILED', message: process.reason ?? `process ${process.process_id} has failed` })
    this.name = 'ProcessFailedError'
    this.process = process
  }
}
