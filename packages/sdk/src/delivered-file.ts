// Downloads a delivered file: goes on after a break with a range of the same file, and checks what came (RFC 9110 14 and 13.1.5).
import { Hash } from 'fast-sha256'
import type { Api } from './api.ts'
import type { CallOptions } from './call-options.ts'
import type { DeliveredFile, Manifest } from './models.ts'
import { readChunks } from './read-chunks.ts'
import { growingPause, pause } from './retrying.ts'
import { isWaybillError, WaybillError } from './waybill-error.ts'

export interface FileOptions extends CallOptions {
  /** The first byte that is wanted, counted from 0: what is kept of a download that was given up. The checksum is then the caller's to check. */
  start?: number
  /** The last byte that is wanted, itself included. */
  end?: number
}

export interface DeliveredFileStream extends DeliveredFile {
  /** The bytes; cancelling it ends the download. */
  stream: ReadableStream<Uint8Array>
}

const mediaTypes = { ndjson: 'application/x-ndjson', csv: 'text/csv' }
const packedTypes = { gzip: 'application/gzip', zstd: 'application/zstd' }
/** In a row, without a byte in between. */
const mostFailures = 8

export async function openDeliveredFile(
  api: Api,
  processId: string,
  dataset: string | undefined,
  { start = 0, end, ...options }: FileOptions = {},
): Promise<DeliveredFileStream> {
  const query = { process_id: processId }
  const file = choose(await api.ask<Manifest>('showManifest', { query, options }), dataset)
  const last = Math.min(end ?? Number.POSITIVE_INFINITY, file.bytes - 1)
  const isWhole = start === 0 && last === file.bytes - 1
  const open = async (from: number, etag: string | undefined) => {
    const headers = {
      Accept: file.compression ? packedTypes[file.compression] : mediaTypes[file.format],
      Range: from === 0 && isWhole ? undefined : `bytes=${from}-${last}`,
      'If-Range': etag,
    }
    const answer = await api.stream('readData', { query: { ...query, dataset: file.dataset }, headers, options })
    if (headers.Range !== undefined && answer.status !== 206) throw changed(file)
    return { stream: answer.stream, etag: answer.headers.get('etag') ?? undefined }
  }
  if (start > last) return { ...file, stream: new Blob([]).stream() }
  const first = await open(start, undefined)
  const bytes = resumed(first, { start, last, silence: api.timeoutOf(options), options }, open)
  return { ...file, stream: streamOf(isWhole ? checked(bytes, file) : bytes) }
}

function choose({ files, process_id }: Manifest, dataset: string | undefined): DeliveredFile {
  const found = dataset === undefined && files.length === 1 ? files[0] : files.find(file => file.dataset === dataset)
  if (found) return found
  const names = files.map(file => file.dataset).join(', ')
  const message =
    dataset === undefined
      ? `process ${process_id} delivered ${names}: say which`
      : `process ${process_id} delivered no ${dataset}, but ${names}`
  throw new WaybillError({ code: 'DATASET_NOT_FOUND', message })
}

interface Opened {
  stream: ReadableStream<Uint8Array>
  etag: string | undefined
}

interface Wanted {
  start: number
  last: number
  /** Milliseconds without a byte after which the connection counts as broken. */
  silence: number
  options: CallOptions
}

/** The bytes from `start` to `last`; the connection may break as often as it likes, so long as it brings something in between. */
async function* resumed(
  first: Opened,
  { start, last, silence, options }: Wanted,
  open: (from: number, etag: string | undefined) => Promise<Opened>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let at = start
  let current: Opened | undefined = first
  for (let failures = 0; ; ) {
    try {
      current ??= await open(at, first.etag)
      for await (const chunk of readChunks(current.stream, silence)) {
        failures = 0
        at += chunk.length
        yield chunk
      }
      if (at > last) return
      const message = `the answer ended at byte ${at} of ${last + 1}`
      throw new WaybillError({ code: 'SERVER_UNREACHABLE', message, retryable: true })
    } catch (error) {
      options.signal?.throwIfAborted()
      if (!isWaybillError(error) || !error.retryable || ++failures > mostFailures) throw error
      current = undefined
      await pause(growingPause(failures - 1), options.signal)
    }
  }
}

async function* checked(
  bytes: AsyncGenerator<Uint8Array, void, undefined>,
  { dataset, sha256 }: DeliveredFile,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = new Hash()
  for await (const chunk of bytes) {
    hash.update(chunk)
    yield chunk
  }
  const found = Array.from(hash.digest(), byte => byte.toString(16).padStart(2, '0')).join('')
  if (found === sha256) return
  const message = `${dataset} arrived with the SHA-256 ${found} instead of ${sha256}: download it again`
  throw new WaybillError({ code: 'CHECKSUM_MISMATCH', message, retryable: true })
}

function streamOf(bytes: AsyncGenerator<Uint8Array, void, undefined>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await bytes.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await bytes.return()
    },
  })
}

function changed({ dataset }: DeliveredFile): WaybillError {
  return new WaybillError({ code: 'FILE_CHANGED', message: `${dataset} is not the file it was: download it anew` })
}
