// Reads the datasets of an order: `movies` or `cars:csv`.
import type { Compression, ExportFormat, NewOrder } from '@waybill/sdk'
import { UsageError } from './failures.ts'

const formats: readonly ExportFormat[] = ['ndjson', 'csv']

export function readItems(words: string[], compression?: Compression): NewOrder['items'] {
  return words.map(word => {
    const [dataset, format, ...rest] = word.split(':')
    const known = formats.find(it => it === (format ?? 'ndjson'))
    if (dataset && known && rest.length === 0) return { dataset, format: known, compression }
    throw new UsageError(
      `${word} names no dataset with a format: the format is ${formats.join(' or ')}`,
      'waybill order movies cars:csv',
    )
  })
}
