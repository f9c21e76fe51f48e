// A page of records out of a delivered file.
import { deliveredFileName, type PageQuery } from '@waybill/contracts'
import { rfc3339 } from '@waybill/platform/clock'
import type { Cursors } from '@waybill/platform/http'
import { type MemberPlace, PackedPages } from '../clouds/packed-members.ts'
import { type PagePosition, type RecordFile, readRecords } from '../clouds/read-records.ts'
import { ordered } from '../models/export.ts'
import type { RecordsPage } from '../models/records-page.ts'
import { askCloud } from './cloud-refusals.ts'
import type { DeliveredFileHandle } from './find-delivered-file.ts'

interface Needs {
  cursors: Cursors
}

/** Of a packed file also where the member begins that the page lies in: page 10,000 costs what page 1 costs. */
interface Position extends PagePosition {
  member?: MemberPlace
}

export type ReadDeliveredFile = ReturnType<typeof createReadDeliveredFile>

export function createReadDeliveredFile({ cursors }: Needs) {
  return async (handle: DeliveredFileHandle, { limit, cursor }: PageQuery): Promise<RecordsPage> => {
    const { delivery, file } = handle
    const list = `delivery ${delivery.process_id} ${file.position}`
    const position = cursor === undefined ? undefined : cursors.decode<Position>(list, cursor)
    const { source, memberAt } = sourceOf(handle, position?.member)
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
      nextCursor:
        next === null ? null : cursors.encode(list, { ...next, member: memberAt?.(next.offset) } satisfies Position),
    }
  }
}

interface DeliveredSource {
  source: RecordFile
  /** Only of a packed file: of what was read so far, by the offset of what is packed. */
  memberAt?(offset: number): MemberPlace
}

function sourceOf({ file, open, packed }: DeliveredFileHandle, member: MemberPlace | undefined): DeliveredSource {
  const about = { name: deliveredFileName(ordered(file)), format: file.format }
  if (packed) {
    const pages = new PackedPages(packed, member)
    return {
      source: { ...about, bytes: 'unknown', read: (start, end) => pages.read(start, end) },
      memberAt: offset => pages.memberAt(offset),
    }
  }
  const read = async function* (start: number, end: number) {
    yield* await open(start, end)
  }
  return { source: { ...about, bytes: file.bytes, read } }
}
