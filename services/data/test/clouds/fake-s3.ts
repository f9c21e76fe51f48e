// Fauxqs as a bucket for the suite: behind a gate that refuses wrong keys and makes up for what the emulator leaves out.
import type { IncomingMessage } from 'node:http'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { startFauxqs } from 'fauxqs'
import { type FaultGate, type OwnAnswer, startFaultGate } from './fault-gate.ts'

export interface FakeS3 {
  readonly gate: FaultGate
  /** Straight to the emulator, past the gate. */
  put(key: string, content: string): Promise<void>
  /** Objects and unfinished uploads whose keys begin so. */
  count(prefix: string): number
  stop(): Promise<void>
}

export interface FakeS3Options {
  bucket: string
  /** The emulator lets everybody in; true for those that S3 would not. */
  isRefused(authorization: string): boolean
}

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

  const filler = new S3Client({
    ...{ endpoint: target, region: 'us-east-1', forcePathStyle: true },
    credentials: { accessKeyId: 'filler', secretAccessKey: 'filler' },
  })
  return {
    gate,
    put: async (key, content) => {
      await filler.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: content }))
    },
    count: prefix => [...objects, ...uploads.values()].filter(key => key.startsWith(prefix)).length,
    stop: async () => {
      filler.destroy()
      await gate.stop()
      await emulator.stop()
    },
  }
}

function isListOfUploads({ method, url }: IncomingMessage): boolean {
  return method === 'GET' && /[?&]uploads(=|&|$)/.test(url ?? '')
}
