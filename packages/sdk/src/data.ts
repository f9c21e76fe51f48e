// Data: the user's records in their cloud right now, and what was delivered.
import { type Api, splitOptions } from './api.ts'
import type { CallOptions } from './call-options.ts'
import { type DeliveredFileStream, type FileOptions, openDeliveredFile } from './delivered-file.ts'
import type { ListFilters } from './list-filters.ts'
import type { Dataset, ExportRecord, Manifest } from './models.ts'
import type { Pages } from './pages.ts'

/** A record as it was in its source; a number past 2^53 arrives exact in files only. */
export type DataRecord = Record<string, unknown>

export interface DatasetList {
  cloud: string
  /** When the cloud was asked. */
  as_of: string
  datasets: Dataset[]
}

export interface RecordsPage<T> {
  cloud: string
  dataset: string
  as_of: string
  records: T[]
}

/** A dataset of the user's cloud by its name, or one that was delivered; its name may be left out where there is one. */
export type RecordSource = string | { process_id: string; dataset?: string }

export class Data {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  /** The datasets in the user's cloud, now. Throws CLOUD_NOT_REGISTERED, ORDER_REQUIRED, CLOUD_REFUSED, CLOUD_UNAVAILABLE. */
  datasets(options?: CallOptions): Promise<DatasetList> {
    return this.#api.ask('readData', { options })
  }

  /**
   * Records, in the order of their source: from the user's cloud now, or of a delivery. Throws DATASET_NOT_FOUND, CURSOR_EXPIRED
   * where the dataset changes meanwhile, and what `datasets` and `manifest` throw.
   */
  records<T = DataRecord>(source: RecordSource, options: ListFilters = {}): Pages<T, RecordsPage<T>> {
    const from = typeof source === 'string' ? { dataset: source } : { ...source }
    const { options: call, query } = splitOptions(options)
    return this.#api.list<T, RecordsPage<T>>(
      'readData',
      { query: { ...query, ...from }, options: call },
      ({ records }) => records,
    )
  }

  /** What was delivered, file by file, with checksums. Throws PROCESS_NOT_FOUND, PROCESS_NOT_FINISHED, PROCESS_FAILED. */
  manifest(processId: string, options?: CallOptions): Promise<Manifest> {
    return this.#api.ask('showManifest', { query: { process_id: processId }, options })
  }

  /**
   * A delivered file as a stream of bytes, packed where it was ordered so. Goes on where it was after a broken connection, and checks the SHA-256 of the
   * manifest at its end (CHECKSUM_MISMATCH). Throws DATASET_NOT_FOUND and what `manifest` throws.
   */
  file(processId: string, dataset?: string, options?: FileOptions): Promise<DeliveredFileStream> {
    return openDeliveredFile(this.#api, processId, dataset, options)
  }

  /** How far the export behind a process is, file by file. Throws PROCESS_NOT_FOUND. */
  export(processId: string, options?: CallOptions): Promise<ExportRecord> {
    return this.#api.ask('showExport', { params: { process_id: processId }, options })
  }

  /** Operators: the exports behind up to 100 processes, in no order; a process without one is left out. */
  exports(processIds: string[], options?: CallOptions): Promise<ExportRecord[]> {
    return this.#api.ask('listExportsOfProcesses', { body: { process_ids: processIds }, options })
  }
}
