// Stands for Google Cloud Storage: those JSON endpoints that the official client calls, and the token endpoint before them.
import { createHash, generateKeyPairSync, verify } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { type Answer, jsonAnswer, refusal } from './fake-google-answers.ts'
import { FakeBucket, type FakeObject } from './fake-google-bucket.ts'
import { FakeSessions } from './fake-google-sessions.ts'

export interface FakeGoogleStorage {
  readonly url: string
  /** As a service account's key file has them; their token endpoint is this fake. */
  readonly credentials: Record<string, string>
  readonly bucket: FakeBucket
  readonly sessions: FakeSessions
  /** Every call, in order: `GET /storage/v1/b/bucket/o?prefix=a`. */
  readonly calls: string[]
  /** Tokens given so far are good no longer. */
  expireTokens(): void
  stop(): Promise<void>
}

/** What a workload elsewhere proves itself with. */
export const workloadToken = 'a workload of ours'

/** One service account, and one bucket that it may use. */
export async function startFakeGoogleStorage(bucketName: string): Promise<FakeGoogleStorage> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const bucket = new FakeBucket(bucketName)
  const tokens = new Set<string>()
  const calls: string[] = []

  /** For a signed claim (RFC 7523), or in exchange for the token of a workload (RFC 8693). */
  function giveToken(form: URLSearchParams): Answer {
    const isExchange = form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:token-exchange'
    return (isExchange ? form.get('subject_token') === workloadToken : isSigned(form))
      ? newToken()
      : jsonAnswer(400, { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' })
  }

  function isSigned(form: URLSearchParams): boolean {
    const [head = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.')
    const signed = Buffer.from(`${head}.${claims}`)
    return verify('sha256', signed, publicKey, Buffer.from(signature, 'base64url'))
  }

  function newToken(): Answer {
    const token = `token-${tokens.size + 1}`
    tokens.add(token)
    const kind = { token_type: 'Bearer', issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' }
    return jsonAnswer(200, { access_token: token, expires_in: 3_600, ...kind })
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url!, 'http://google')
    const call = `${request.method} ${url.pathname}`
    calls.push(`${call}${url.search}`)
    const body = await buffer(request)
    if (call === 'POST /token') return giveToken(new URLSearchParams(body.toString()))
    // Who has the address of a session needs no token: the address is the secret.
    const session = url.searchParams.get('upload_id')
    if (session !== null) return sessions.answer(request, session, body)
    if (!tokens.has(request.headers.authorization?.replace('Bearer ', '') ?? '')) {
      return refusal(401, 'Invalid Credentials')
    }
    const [, upload, name, rest] = /^(\/upload)?\/storage\/v1\/b\/([^/]+)\/o(?:\/(.+))?$/.exec(url.pathname) ?? []
    if (name !== bucketName) return refusal(404, 'The specified bucket does not exist.')
    if (upload) return sessions.begin(url.searchParams.get('name')!, `http://${request.headers.host}${url.pathname}`)
    if (rest === undefined) return bucket.list(url.searchParams)
    return answerObject(request, decodeURIComponent(rest), url.searchParams)
  }

  function answerObject(request: IncomingMessage, key: string, query: URLSearchParams): Answer {
    const object = bucket.find(key, query.get('generation'))
    if (!object) return refusal(404, `No such object: ${bucketName}/${key}`)
    if (request.method === 'DELETE') {
      bucket.delete(key)
      return { status: 204, headers: {}, body: Buffer.alloc(0) }
    }
    return query.get('alt') === 'media'
      ? media(object, request.headers.range)
      : jsonAnswer(200, bucket.describe(object))
  }

  const server = createServer((request, response) => {
    answer(request).then(
      result => send(response, result),
      () => request.socket.destroy(),
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const sessions = new FakeSessions(bucket)
  const fake: FakeGoogleStorage = {
    url: `http://127.0.0.1:${port}`,
    credentials: {
      ...{ type: 'service_account', project_id: 'waybill', client_email: 'waybill@waybill.iam.gserviceaccount.com' },
      ...{ private_key_id: createHash('sha256').update('key').digest('hex').slice(0, 40), client_id: '1' },
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      token_uri: `http://127.0.0.1:${port}/token`,
    },
    ...{ bucket, sessions, calls },
    expireTokens: () => tokens.clear(),
    stop: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return fake
}

function media({ bytes, generation, contentEncoding }: FakeObject, range: string | undefined): Answer {
  const headers = {
    ...{ 'Content-Type': 'application/octet-stream', 'X-Goog-Generation': String(generation) },
    ...(contentEncoding === undefined ? {} : { 'Content-Encoding': contentEncoding }),
  }
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? []
  if (from === undefined) return { status: 200, headers, body: bytes }
  const start = Number(from)
  const end = Math.min(to ? Number(to) : Number.POSITIVE_INFINITY, bytes.length - 1)
  if (start > end) return refusal(416, 'The requested range cannot be satisfied.')
  const contentRange = `bytes ${start}-${end}/${bytes.length}`
  return { status: 206, headers: { ...headers, 'Content-Range': contentRange }, body: bytes.subarray(start, end + 1) }
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, 'Content-Length': body.length })
  response.end(body)
}
