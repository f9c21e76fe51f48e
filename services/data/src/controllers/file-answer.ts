// A delivered file over HTTP: whole or a range, or the word that the client has it already (RFC 9110 13 and 14).
import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import { deliveredFileName, type ExportFormat } from '@waybill/contracts'
import { type Answer, readRange } from '@waybill/platform/http'
import { askCloud } from '../bo/cloud-refusals.ts'
import type { DeliveredFileHandle } from '../bo/find-delivered-file.ts'
import { contentTypes, started } from '../clouds/object-store-cloud.ts'
import { unpackFile } from '../clouds/packed-members.ts'
import { packedTypes } from '../clouds/packing.ts'
import { ordered } from '../models/export.ts'

/** Of the file as it is stored. */
export function fileTypeOf({ format, compression }: DeliveredFileHandle['file']): string {
  return compression ? packedTypes[compression] : contentTypes[format]
}

export function answerFile({ file, open }: DeliveredFileHandle, requested: IncomingHttpHeaders): Answer {
  const etag = `"${file.sha256}"`
  const headers: Record<string, string> = {
    ETag: etag,
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, no-cache',
    Vary: 'Accept',
  }
  if (namesTag(requested['if-none-match'], etag)) return { kind: 'empty', status: 304, headers }
  headers['Content-Disposition'] = attachment(deliveredFileName(ordered(file)))
  const ifRange = requested['if-range']
  const wanted = ifRange === undefined || ifRange === etag ? requested.range : undefined
  const range = readRange(wanted, file.bytes)
  if (range) headers['Content-Range'] = `bytes ${range.start}-${range.end}/${file.bytes}`
  const { start, end } = range ?? { start: 0, end: file.bytes - 1 }
  return {
    kind: 'file',
    status: range ? 206 : 200,
    type: file.compression ? fileTypeOf(file) : textType(file.format),
    length: end - start + 1,
    open: async () => (file.bytes === 0 ? Readable.from([]) : open(start, end)),
    headers,
  }
}

/** What is in a packed file: as it streams nobody knows how long it is, and it has no parts to be asked for. */
export function answerUnpacked({ file, packed }: DeliveredFileHandle, requested: IncomingHttpHeaders): Answer {
  const etag = `"${file.sha256}-unpacked"`
  const headers: Record<string, string> = {
    ETag: etag,
    'Accept-Ranges': 'none',
    'Cache-Control': 'private, no-cache',
    Vary: 'Accept',
  }
  if (namesTag(requested['if-none-match'], etag)) return { kind: 'empty', status: 304, headers }
  headers['Content-Disposition'] = attachment(deliveredFileName({ dataset: file.dataset, format: file.format }))
  return {
    ...{ kind: 'file', status: 200, type: textType(file.format), length: undefined, headers },
    open: async () => Readable.from(await askCloud(started(unpackFile(packed!))), { objectMode: false }),
  }
}

const attachment = (name: string) => `attachment; filename="${name}"`
const textType = (format: ExportFormat) => `${contentTypes[format]}; charset=utf-8`

/** If-None-Match compares weakly. */
function namesTag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  if (header.trim() === '*') return true
  return header.split(',').some(tag => tag.trim().replace(/^W\//, '') === etag)
}
