// The files that a dataset may be kept in.

import type { SourceFormat } from '../formats/index.ts'

/** In the order in which they win where a dataset has several files. */
export const sourceEndings: readonly { ending: string; format: SourceFormat }[] = [
  { ending: 'ndjson', format: 'ndjson' },
  { ending: 'jsonl', format: 'ndjson' },
  { ending: 'json', format: 'json' },
  { ending: 'csv', format: 'csv' },
]
