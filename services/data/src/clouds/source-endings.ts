// The files that a dataset may be kept in.

import type { SourceFormat } from '../formats/index.ts'

export interface SourceEnding {
  ending: string
  format: SourceFormat
  /** How what is in the file is packed; records come out of Parquet as NDJSON. */
  packed?: 'gzip' | 'parquet'
}

const plain: readonly SourceEnding[] = [
  { ending: 'ndjson', format: 'ndjson' },
  { ending: 'jsonl', format: 'ndjson' },
  { ending: 'json', format: 'json' },
  { ending: 'csv', format: 'csv' },
]

/** In the order in which they win where a dataset has several files. */
export const sourceEndings: readonly SourceEnding[] = [
  ...plain,
  ...plain.map(({ ending, format }) => ({ ending: `${ending}.gz`, format, packed: 'gzip' as const })),
  { ending: 'parquet', format: 'ndjson', packed: 'parquet' },
]
