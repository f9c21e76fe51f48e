// Clouds, datasets, deliveries and exports as the API answers them. Without the schemas, so that clients can take them.
import type { Compression, ExportFormat } from './words.ts'

export const cloudModes = ['immediate', 'order'] as const
export type CloudMode = (typeof cloudModes)[number]
export interface Cloud {
  name: string
  driver: string
  mode: CloudMode
  enabled: boolean
}
export interface Dataset {
  name: string
  bytes: number
  updated_at: string
}
export interface DeliveredFile {
  dataset: string
  format: ExportFormat
  /** Only of a file that is packed: `bytes` and `sha256` are of what is stored. */
  compression?: Compression
  records: number
  bytes: number
  sha256: string
}
const packedEndings: Record<Compression, string> = { gzip: '.gz', zstd: '.zst' }

/** As it is stored and saved: `airports.ndjson.gz`. */
export function deliveredFileName({
  dataset,
  format,
  compression,
}: Pick<DeliveredFile, 'dataset' | 'format' | 'compression'>): string {
  return `${dataset}.${format}${compression ? packedEndings[compression] : ''}`
}

export interface Manifest {
  process_id: string
  cloud: string
  files: DeliveredFile[]
  finished_at: string
}
export interface CloudCheck {
  ok: boolean
  detail: string
  datasets: number | null
}
/** The export behind a process, as its owner and operators may see it. */
export interface ExportRecord {
  process_id: string
  order_id: string
  state: 'running' | 'finished' | 'failed' | 'cancelled'
  reason: string | null
  /** The request that it is run for; null for exports from before this was kept. */
  request_id: string | null
  files: (Omit<DeliveredFile, 'sha256'> & { sha256: string | null; percentage: number; updated_at: string })[]
  created_at: string
  updated_at: string
  /** When its last file was complete, or it was given up. */
  finished_at: string | null
}
