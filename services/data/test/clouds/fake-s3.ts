// Fauxqs as a bucket for the suite: behind a gate that refuses wrong keys and makes up for what the emulator leaves out.
import type { IncomingMessage } from 'node:http'
import { startFauxqs } from 'fauxqs'
import { type FaultGate, type OwnAnswer, startFaultGate } from './fault-gate.ts'

export interface FakeS3 {
  readonly gate: FaultGate
  /** Straight to the emulator, past the gate. */
  put(key: string, content: string | Uint8Array): Promise<void>
  /** Objects and unfinished uploads whose keys begin so. */
  count(prefix: string): number
  stop(): Promise<void>
}

export interface FakeS3Options {
  bucket: string
  /** The emulator lets everybody in; true for those that S3 would not. */
  isRefused(authorization: string): boolean
}

/** The emulator takes up to 11 MiB at once. */
const bodyBytes = 8 * 1024 * 1024

const xml = (status: number, body: string): OwnAnswer => ({
  status,
  headers: { 'Content-Type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
})
const failure = (status: number, code: string, message: string) =>
  xml(status, `<Error><Code>${code}</Code><Message>${message}</Message></Error>`)

export async function startFakeS3({ bucket, isRefused }: FakeS3Options): Promise<FakeS3> {
  const emulator = await startFauxqs({ port: 0, logger: false })
  emulator.createBucket(bucket)
  const target = `http://127.0.0.1:${emulator.port}`
  const uploads = new Map<string, string>()
  const objects = new Set<string>()

  const gate = await startFaultGate({
    target,
    faultAnswer: status =>
      status === 503
        ? failure(503, 'SlowDown', 'Please reduce your request rate.')
        : status === 502
          ? { status, headers: { 'Content-Type': 'text/html' }, body: '<html>Bad gateway</html>' }
          : failure(status, status === 403 ? 'AccessDenied' : 'InternalError', 'as told'),
    answerInstead: request => {
      if (isRefused(request.headers.authorization ?? '')) {
        return failure(403, 'InvalidAccessKeyId', 'The key that you gave does not exist in our records.')
      }
      return isListOfUploads(request) ? listUploads(request) : undefined
    },
    passedOn: ({ headers }) => {
      if (headers['content-length'] !== '0') return headers
      const { 'content-length': _, ...others } = headers
      return { ...others, 'transfer-encoding': 'chunked' }
    },
    onAnswered: note,
  })

  /** The emulator knows no ListMultipartUploads. */
  function listUploads({ url }: IncomingMessage): OwnAnswer {
    const prefix = new URL(url!, target).searchParams.get('prefix') ?? ''
    const found = [...uploads].filter(([, key]) => key.startsWith(prefix))
    const entries = found.map(([id, key]) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`)
    return xml(
      200,
      `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${entries.join('')}</ListMultipartUploadsResult>`,
    )
  }

  function note({ method, url }: IncomingMessage, status: number, body: Buffer): void {
    if (status >= 300) return
    const { pathname, searchParams } = new URL(url!, target)
    const key = decodeURIComponent(pathname.slice(`/${bucket}/`.length))
    const id = searchParams.get('uploadId')
    if (method === 'POST' && searchParams.has('uploads')) {
      uploads.set(/<UploadId>(.+)<\/UploadId>/.exec(body.toString())![1]!, key)
    } else if (id !== null && method !== 'PUT') {
      uploads.delete(id)
      if (method === 'POST') objects.add(key)
    } else if (id === null && method === 'PUT') objects.add(key)
    else if (id === null && method === 'DELETE') objects.delete(key)
  }

  return {
    gate,
    put: async (key, content) => {
      const url = `${target}/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`
      await (content.length > bodyBytes
        ? sendParts(url, Buffer.from(content as Uint8Array))
        : send('PUT', url, content))
    },
    count: prefix => [...objects, ...uploads.values()].filter(key => key.startsWith(prefix)).length,
    stop: async () => {
      await gate.stop()
      await emulator.stop()
    },
  }
}

async function sendParts(url: string, content: Buffer): Promise<void> {
  const id = /<UploadId>(.+)<\/UploadId>/.exec(await (await send('POST', `${url}?uploads`, '')).text())![1]
  const parts: string[] = []
  for (let at = 0; at < content.length; at += bodyBytes) {
    const number = parts.length + 1
    const part = content.subarray(at, at + bodyBytes)
    const { headers } = await send('PUT', `${url}?uploadId=${id}&partNumber=${number}`, part)
    parts.push(`<Part><PartNumber>${number}</PartNumber><ETag>${headers.get('etag')}</ETag></Part>`)
  }
  await send('POST', `${url}?uploadId=${id}`, `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`)
}

/** In a stream, because the emulator takes no body whose length is 0. */
async function send(method: string, url: string, content: string | Uint8Array): Promise<Response> {
  const body = new Blob([content as Buffer<ArrayBuffer>]).stream()
  const headers = { 'Content-Type': 'application/octet-stream' }
  const response = await fetch(url, { method, body, duplex: 'half', headers } as RequestInit)
  if (!response.ok) throw new Error(`the emulator answered ${response.status} to ${method} ${url}`)
  return response
}

function isListOfUploads({ method, url }: IncomingMessage): boolean {
  return method === 'GET' && /[?&]uploads(=|&|$)/.test(url ?? '')
}
