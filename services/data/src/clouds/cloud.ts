// What every cloud can do for its users, whatever it is made of.
import type { Readable } from 'node:stream'
import type { Compression, ExportFormat } from '@waybill/contracts'
import { areaNamePattern } from '@waybill/contracts'
import type { AnyTx } from '@waybill/platform/db'
import { CloudRefused } from './cloud-error.ts'
import type { Checkpoint } from './export-dataset.ts'

export interface DatasetInfo {
  name: string
  bytes: number
  /** Epoch ms. */
  updatedAt: number
}

export interface DataPage {
  /** JSON texts of the records, each as it stands in its source. */
  records: string[]
  /** Where the next page begins, as JSON: to be handed to the same cloud again; null on the last page. */
  next: unknown
}

export interface ExportTask {
  readonly account: string
  readonly processId: string
  /** Of the file in its delivery, from 0. */
  readonly position: number
  readonly dataset: string
  readonly format: ExportFormat
  /** What the file is packed with; without it, nothing. */
  readonly compression?: Compression
  /** Where an earlier run came to. */
  readonly checkpoint: Checkpoint | undefined
  readonly signal: AbortSignal
  readonly saveEveryMilliseconds: number
  readonly saveEveryBytes: number
  /** Does all of it where it holds up nobody; for large sources. Without it, they too are exported on the thread of the caller. */
  elsewhere?(): Promise<ExportedFile>
  /**
   * Called whenever so much time has passed or so many bytes have been written, with a point from which the work can go
   * on after a crash, and the share that is done (0 to 1). A rejection ends the work.
   */
  save(checkpoint: Checkpoint, done: number): Promise<void>
  /**
   * Throws where another process has taken the work over, because this one stalled. With a transaction, none can until its
   * end. To be asked before anything is written that the other's work would not write over.
   */
  assertHeld(tx?: AnyTx): Promise<void>
}

export interface ExportedFile {
  records: number
  bytes: number
  /** Hex. */
  sha256: string
}

export interface DeliveredObject {
  readonly account: string
  readonly processId: string
  readonly position: number
  readonly dataset: string
  readonly format: ExportFormat
  readonly compression?: Compression
  readonly bytes: number
}

/** Methods throw the errors of cloud-error.ts. `account` and dataset names are checked here once more: none leaves its area. */
export abstract class Cloud {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }

  /** Proves that the settings let us in. */
  abstract login(): Promise<void>

  /** The account's datasets and those that everybody may read, by name. */
  abstract listDatasets(account: string): Promise<DatasetInfo[]>

  /** A page of a dataset; `position` is `next` of the page before. Throws SourceChanged where it belongs to an older version. */
  abstract getData(account: string, dataset: string, position: unknown, limit: number): Promise<DataPage>

  /** Writes one dataset of an order to its delivery. Nothing is to be seen under its name until it is complete. */
  abstract processOrder(task: ExportTask): Promise<ExportedFile>

  /** The bytes `start` to `end`, both inclusive, of a delivered file. */
  abstract openDelivery(file: DeliveredObject, start: number, end: number): Promise<Readable>

  /**
   * Removes all that was written for a process, finished or not.
   *
   * @param uploads what its last checkpoints say of their uploads (Checkpoint.upload), for clouds that list no unfinished ones.
   */
  abstract removeDelivery(account: string, processId: string, uploads?: unknown[]): Promise<void>
}

/** The last guard against names that would lead elsewhere: `..`, `.waybill`, `a/b`. */
export function assertAreaNames(...names: string[]): void {
  for (const name of names) {
    if (!areaNamePattern.test(name))
      throw new CloudRefused(`${JSON.stringify(name)} is no name of a dataset or account`)
  }
}
