// A request exactly as given, and its answer exactly as it came: for what the SDK would never send, and for bytes and headers that it keeps to itself.
import { randomUUID } from 'node:crypto'
import { Wrong } from './finding.ts'

export interface RawRequest {
  token?: string
  headers?: Record<string, string>
  /** Sent as it is; as application/json unless `headers` say otherwise. */
  body?: string
}

export interface RawAnswer {
  status: number
  headers: Headers
  bytes: Buffer
  /** Of the problem document; undefined where there is none. */
  code: string | undefined
}

const timeoutMilliseconds = 15_000

/** `verbAndPath` is `GET /orders`. Throws a Wrong where nobody answers in time. */
export async function rawCall(server: string, verbAndPath: string, request: RawRequest = {}): Promise<RawAnswer> {
  const [method, path] = verbAndPath.split(' ') as [string, string]
  const headers = {
    ...(request.token === undefined ? {} : { Authorization: `Bearer ${request.token}` }),
    ...(request.body === undefined ? {} : { 'Content-Type': 'application/json' }),
    'X-Request-Id': `verify-${randomUUID()}`,
    ...request.headers,
  }
  const signal = AbortSignal.timeout(timeoutMilliseconds)
  try {
    const response = await fetch(server + path, { method, headers, body: request.body, redirect: 'manual', signal })
    const bytes = Buffer.from(await response.arrayBuffer())
    return { status: response.status, headers: response.headers, bytes, code: codeIn(bytes) }
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string; message?: string } }
    throw new Wrong(`${verbAndPath} was not answered: ${cause?.code ?? cause?.message ?? message}`)
  }
}

function codeIn(bytes: Buffer): string | undefined {
  try {
    return (JSON.parse(bytes.toString()) as { code?: string }).code
  } catch {
    return undefined
  }
}
