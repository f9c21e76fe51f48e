// A page of records out of a delivered file.
import type { PageQuery } from '@waybill/contracts'
import { rfc3339 } from '@waybill/platform/clock'
import type { Cursors } from '@waybill/platform/http'
import { type PagePosition, readRecords } from '../clouds/read-records.ts'
import type { RecordsPage } from '../models/records-page.ts'
import { askCloud } from './cloud-refusals.ts'
import type { DeliveredFileHandle } from './find-delivered-file.ts'

interface Needs {
  cursors: Cursors
}

export type ReadDeliveredFile = ReturnType<typeof createReadDeliveredFile>

export function createReadDeliveredFile({ cursors }: Needs) {
  return async ({ delivery, file, open }: DeliveredFileHandle, { limit, cursor }: PageQuery): Promise<RecordsPage> => {
    const list = `delivery ${delivery.process_id} ${file.position}`
    const position = cursor === undefined ? undefined : cursors.decode<PagePosition>(list, cursor)
    const source = {
      name: `${file.dataset}.${file.format}`,
      format: file.format,
      bytes: file.bytes,
      read: async function* (start: number, end: number) {
        yield* await open(start, end)
      },
    }
    // A file without records may have no byte at all, not even the header row that CSV begins with.
    const isEmpty = file.records === 0
    const { records, next } = isEmpty
      ? { records: [], next: null }
      : await askCloud(readRecords(source, position, limit))
    return {
      cloud: delivery.cloud,
      dataset: file.dataset,
      asOf: rfc3339(delivery.finished_at ?? delivery.updated_at),
      records,
      nextCursor: next === null ? null : cursors.encode(list, next),
    }
  }
}
