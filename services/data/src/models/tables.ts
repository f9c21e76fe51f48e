// The tables of the data database, as its daos see them.
import type { CloudRow } from './cloud.ts'
import type { DeliveryChunkRow } from './delivery-chunk.ts'
import type { ExportFileRow, ExportRow } from './export.ts'

export interface DataTables {
  clouds: CloudRow
  exports: ExportRow
  export_files: ExportFileRow
  delivery_chunks: DeliveryChunkRow
}
