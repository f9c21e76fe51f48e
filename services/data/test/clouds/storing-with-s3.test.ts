import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GuardedCalls, usualPatience } from '../../src/clouds/guarded-calls.ts'
import { createS3Client } from '../../src/clouds/s3-client.ts'
import { S3Upload } from '../../src/clouds/s3-upload.ts'

const pieces = [Buffer.alloc(3 * 1024 * 1024, 'a'), Buffer.alloc(2 * 1024 * 1024 + 7, 'b')]
const content = Buffer.concat(pieces)
/** What came of the part. */
let put: { headers: IncomingHttpHeaders; body: Buffer }

/** Takes whatever comes. */
const server = createServer(async (request, response) => {
  const body = await buffer(request)
  if (request.method === 'PUT') put = { headers: request.headers, body }
  const uploads = '<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>'
  response.writeHead(200, { ETag: '"1"', 'Content-Type': 'application/xml' })
  response.end(request.method === 'POST' ? uploads : '')
})
let endpoint = ''

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }
const region = 'eu-central-1'

test.each([
  { whose: 'AWS', client: () => createS3Client({ region }, { credentials, endpoint, forcePathStyle: true }) },
  { whose: 'another store', client: () => createS3Client({ region, endpoint }, { credentials }) },
])(
  'a part is streamed to $whose with its length, and with its CRC-32 where that is known',
  async ({ whose, client }) => {
    const s3 = client()
    const upload = new S3Upload({
      ...{ client: s3, object: { Bucket: 'waybill', Key: 'large.ndjson' }, contentType: 'application/x-ndjson' },
      calls: new GuardedCalls({ cloud: 'AWS', patience: usualPatience, explain: () => undefined }),
      abortOthers: async () => {},
    })
    let released = 0
    await upload.append({ pieces, release: () => void released++ })
    s3.destroy()

    expect(put.body.equals(content)).toBe(true)
    expect(put.headers['content-length']).toBe(String(content.length))
    // Not cut into signed chunks, which not every store takes.
    expect(put.headers['content-encoding']).toBeUndefined()
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(content))
    expect(put.headers['x-amz-checksum-crc32']).toBe(whose === 'AWS' ? sum.toString('base64') : undefined)
    expect(released).toBe(1)
  },
)
