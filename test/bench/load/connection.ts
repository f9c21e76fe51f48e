// One HTTP/1.1 connection that sends a request, waits for its answer, and costs almost nothing: the generator shares the
// machine with what it measures, and node:http on this side would take as much as the server on the other.
import { connect, type Socket } from 'node:net'

export interface Reply {
  status: number
  body: Buffer
}

const headEnd = Buffer.from('\r\n\r\n')
const contentLength = /\r\ncontent-length: *(\d+)/i
const nothing: Buffer = Buffer.alloc(0)

export interface RequestParts {
  verb: 'GET' | 'POST'
  path: string
  token: string
  body?: string
}

/** The bytes of a request; made once and sent many times where they do not change. */
export function requestBytes({ verb, path, token, body }: RequestParts): Buffer {
  const head = `${verb} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nAccept: application/json\r\n`
  if (body === undefined) return Buffer.from(`${head}\r\n`)
  return Buffer.from(
    `${head}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

/** Answers must say their Content-Length: one that comes in chunks is an error here. */
export class Connection {
  readonly #port: number
  #socket: Socket | undefined
  #received = nothing
  #waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void } | undefined

  constructor(port: number) {
    this.#port = port
  }

  /** One at a time. */
  async exchange(request: Buffer): Promise<Reply> {
    const socket = this.#socket ?? (await this.#open())
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      socket.write(request)
    })
  }

  close(): void {
    this.#socket?.destroy()
  }

  #open(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true })
      socket.once('connect', () => {
        this.#socket = socket
        resolve(socket)
      })
      socket.on('data', bytes => this.#receive(bytes))
      socket.on('error', error => {
        reject(error)
        this.#fail(error)
      })
      socket.on('close', () => this.#fail(new Error('the server closed the connection in the middle of a request')))
    })
  }

  /** A server may close what is idle: the next request opens a new one. */
  #fail(error: Error): void {
    this.#socket = undefined
    this.#received = nothing
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.reject(error)
  }

  #receive(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes])
    const end = this.#received.indexOf(headEnd)
    if (end === -1) return
    const head = this.#received.toString('latin1', 0, end)
    const length = contentLength.exec(head)?.[1]
    if (length === undefined) {
      this.#socket?.destroy(new Error(`an answer without Content-Length: ${head.slice(0, 200)}`))
      return
    }
    const bodyAt = end + headEnd.length
    if (this.#received.length < bodyAt + Number(length)) return
    const reply = { status: Number(head.slice(9, 12)), body: this.#received.subarray(bodyAt) }
    this.#received = nothing
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve(reply)
  }
}
