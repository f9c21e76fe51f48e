// A delivered file over HTTP: whole or a range, or the word that the client has it already (RFC 9110 13 and 14).
import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import { type Answer, readRange } from '@waybill/platform/http'
import type { DeliveredFileHandle } from '../bo/find-delivered-file.ts'
import { contentTypes } from '../clouds/object-store-cloud.ts'

export function answerFile({ file, open }: DeliveredFileHandle, requested: IncomingHttpHeaders): Answer {
  const etag = `"${file.sha256}"`
  const headers: Record<string, string> = {
    ETag: etag,
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, no-cache',
    Vary: 'Accept',
  }
  if (namesTag(requested['if-none-match'], etag)) return { kind: 'empty', status: 304, headers }
  headers['Content-Disposition'] = `attachment; filename="${file.dataset}.${file.format}"`
  const ifRange = requested['if-range']
  const wanted = ifRange === undefined || ifRange === etag ? requested.range : undefined
  const range = readRange(wanted, file.bytes)
  if (range) headers['Content-Range'] = `bytes ${range.start}-${range.end}/${file.bytes}`
  const { start, end } = range ?? { start: 0, end: file.bytes - 1 }
  return {
    kind: 'file',
    status: range ? 206 : 200,
    type: `${contentTypes[file.format]}; charset=utf-8`,
    length: end - start + 1,
    open: async () => (file.bytes === 0 ? Readable.from([]) : open(start, end)),
    headers,
  }
}

/** If-None-Match compares weakly. */
function namesTag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  if (header.trim() === '*') return true
  return header.split(',').some(tag => tag.trim().replace(/^W\//, '') === etag)
}
