// An export: the work behind a process, its files, and what may become of it.
import type { Compression, DeliveredFile, ExportFormat, ExportRecord, Manifest, OrderedItem } from '@waybill/contracts'
import { rfc3339 } from '@waybill/platform/clock'

export const exportStates = ['running', 'finished', 'failed', 'cancelled'] as const
export type ExportState = (typeof exportStates)[number]
export type ExportOperation = 'finish' | 'fail' | 'cancel' | 'deliver'

/**
 * Which states an operation may begin in, and where it leads. What is delivered stays: `deliver` changes no state, it
 * makes a finished export one that nothing can take back.
 */
export const exportTransitions: Record<ExportOperation, { from: readonly ExportState[]; to: ExportState }> = {
  finish: { from: ['running'], to: 'finished' },
  fail: { from: ['running'], to: 'failed' },
  cancel: { from: ['running', 'finished'], to: 'cancelled' },
  deliver: { from: ['finished'], to: 'finished' },
}

export interface ExportRow {
  process_id: string
  order_id: string
  user_id: string
  cloud: string
  account: string
  state: ExportState
  reason: string | null
  percentage: number
  /** The request that it is run for; null in exports from before it was kept. */
  request_id: string | null
  delivered_at: number | null
  finished_at: number | null
  created_at: number
  updated_at: number
}

export interface ExportFileRow {
  process_id: string
  position: number
  dataset: string
  format: ExportFormat
  /** null where the file is not packed. */
  compression: Compression | null
  /** JSON of a Checkpoint. */
  checkpoint: string | null
  percentage: number
  records: number
  bytes: number
  /** null until the file is complete. */
  sha256: string | null
  updated_at: number
}

export interface ExportWithFiles extends ExportRow {
  /** In the order of the order's items. */
  files: ExportFileRow[]
}

export function presentExport(it: ExportWithFiles): ExportRecord {
  return {
    process_id: it.process_id,
    order_id: it.order_id,
    state: it.state,
    reason: it.reason,
    request_id: it.request_id,
    files: it.files.map(file => ({
      ...ordered(file),
      records: file.records,
      bytes: file.bytes,
      sha256: file.sha256,
      percentage: file.percentage,
      updated_at: rfc3339(file.updated_at),
    })),
    created_at: rfc3339(it.created_at),
    updated_at: rfc3339(it.updated_at),
    finished_at: rfc3339(it.finished_at),
  }
}

/** Of a finished export. */
export function presentManifest(it: ExportWithFiles): Manifest {
  return {
    process_id: it.process_id,
    cloud: it.cloud,
    files: it.files.map(presentFile),
    finished_at: rfc3339(it.finished_at ?? it.updated_at),
  }
}

function presentFile(file: ExportFileRow): DeliveredFile {
  const { records, bytes, sha256 } = file
  return { ...ordered(file), records, bytes, sha256: sha256! }
}

/** The item of the order that the file is for. */
export function ordered({ dataset, format, compression }: ExportFileRow): OrderedItem {
  return { dataset, format, ...(compression ? { compression } : {}) }
}

/** What every fact about an export says. */
export function factsOf({ order_id, process_id, user_id }: ExportRow) {
  return { order_id, process_id, user_id }
}
