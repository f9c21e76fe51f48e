// What was delivered: byte for byte what the manifest says, record for record what the cloud has, in parts and again; and the callback about it.
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { DataRecord, DeliveredFile } from '@waybill/sdk'
import { LeftOut, mustBe } from '../finding.ts'
import { type RawAnswer, rawCall } from '../raw-call.ts'
import { datasetOf, guestOf, type Trial, type Visit } from '../visit.ts'
import { mostRecords } from './joining.ts'

const mediaTypes = { ndjson: 'application/x-ndjson', csv: 'text/csv' }
/** Held in memory while they are looked at. */
const mostBytes = 64 * 1_024 * 1_024

function deliveredOf({ delivered }: Visit): Trial {
  if (!delivered) throw new LeftOut('nothing was delivered')
  return delivered
}

async function fetchFile(visit: Visit, { dataset, format }: DeliveredFile, headers = {}): Promise<RawAnswer> {
  const processId = deliveredOf(visit).order.process_id
  const path = `GET /data?process_id=${processId}&dataset=${encodeURIComponent(dataset)}`
  const token = await guestOf(visit, 0).token()
  return rawCall(visit.server, path, { token, headers: { Accept: mediaTypes[format], ...headers } })
}

async function filesOf(visit: Visit): Promise<DeliveredFile[]> {
  const { files } = await guestOf(visit, 0).client.data.manifest(deliveredOf(visit).order.process_id)
  const small = files.filter(({ bytes }) => bytes <= mostBytes)
  if (small.length === 0) throw new LeftOut(`the files are larger than ${mostBytes} bytes: name a smaller --dataset`)
  return small
}

export async function filesMatchManifest(visit: Visit): Promise<string> {
  const files = await filesOf(visit)
  for (const file of files) {
    const { status, bytes, headers } = await fetchFile(visit, file)
    mustBe(status === 200, `${file.dataset} was answered with ${status}`)
    const found = createHash('sha256').update(bytes).digest('hex')
    mustBe(bytes.length === file.bytes, `${file.dataset} has ${bytes.length} bytes, its manifest says ${file.bytes}`)
    mustBe(found === file.sha256, `${file.dataset} has the SHA-256 ${found}, its manifest says ${file.sha256}`)
    const type = headers.get('content-type') ?? ''
    mustBe(type.startsWith(mediaTypes[file.format]), `${file.dataset} came as ${type}`)
    if (file.format === 'ndjson') {
      const lines = bytes.toString().split('\n').filter(Boolean).length
      mustBe(lines === file.records, `${file.dataset} has ${lines} records, its manifest says ${file.records}`)
    }
  }
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  return `${files.map(({ dataset, format }) => `${dataset}.${format}`).join(', ')}: ${total} bytes, SHA-256 as told`
}

/** What the cloud has now, what GET /data shows of the delivery, and the file itself must be the same records. */
export async function recordsAreTheClouds(visit: Visit): Promise<string> {
  const file = (await filesOf(visit)).find(({ format }) => format === 'ndjson')
  if (!file) throw new LeftOut('no NDJSON file was delivered')
  const { client } = guestOf(visit, 0)
  const process_id = deliveredOf(visit).order.process_id
  const inFile = (await fetchFile(visit, file)).bytes.toString().split('\n').filter(Boolean)
  const delivered = inFile.slice(0, mostRecords).map(line => JSON.parse(line) as DataRecord)
  const shown = await client.data.records({ process_id, dataset: file.dataset }, { limit: 100 }).take(mostRecords)
  mustBeSame(shown, delivered, 'GET /data?process_id= and the file')
  if (visit.cloud?.mode !== 'immediate') return `${shown.length} records; the cloud is read by order only`
  const now = await client.data.records(file.dataset, { limit: 100 }).take(mostRecords)
  mustBeSame(now, delivered, 'the cloud and the delivery')
  return `${now.length} records of ${datasetOf(visit).name} alike`
}

function mustBeSame(left: DataRecord[], right: DataRecord[], what: string): void {
  mustBe(left.length === right.length, `${what} differ: ${left.length} and ${right.length} records`)
  const at = left.findIndex((record, index) => !isDeepStrictEqual(record, right[index]))
  mustBe(at === -1, `${what} differ at record ${at}`)
}

export async function rangesAndETags(visit: Visit): Promise<string> {
  const [file] = await filesOf(visit)
  const whole = await fetchFile(visit, file!)
  const { bytes } = whole
  if (bytes.length < 20) throw new LeftOut(`${file!.dataset} has ${bytes.length} bytes only: name a larger --dataset`)
  const etag = whole.headers.get('etag')
  mustBe(etag !== null, 'a delivered file comes without an ETag')
  const half = Math.floor(bytes.length / 2)
  const parts: [string, Buffer][] = [
    ['bytes=0-9', bytes.subarray(0, 10)],
    [`bytes=${half}-`, bytes.subarray(half)],
    ['bytes=-7', bytes.subarray(-7)],
  ]
  for (const [range, due] of parts) {
    const part = await fetchFile(visit, file!, { Range: range, 'If-Range': etag })
    mustBe(part.status === 206, `${range} was answered with ${part.status}`)
    mustBe(part.bytes.equals(due), `${range} brought other bytes than the whole file has there`)
    const from = bytes.length - due.length
    const place = range === 'bytes=0-9' ? '0-9' : `${from}-${bytes.length - 1}`
    const told = part.headers.get('content-range')
    mustBe(told === `bytes ${place}/${bytes.length}`, `${range} was answered as ${told}`)
  }
  const beyond = await fetchFile(visit, file!, { Range: `bytes=${bytes.length}-` })
  mustBe(beyond.status === 416, `a range beyond the end was answered with ${beyond.status}`)
  const unchanged = await fetchFile(visit, file!, { 'If-None-Match': etag })
  mustBe(
    unchanged.status === 304 && unchanged.bytes.length === 0,
    `If-None-Match was answered with ${unchanged.status}`,
  )
  const other = await fetchFile(visit, file!, { Range: 'bytes=0-9', 'If-Range': '"another"' })
  mustBe(other.status === 200, `If-Range of another file was answered with ${other.status}`)
  mustBe(other.bytes.equals(bytes), 'the whole file came differently the second time')
  return `${parts.length} ranges, 304, 416, If-Range`
}
