// Stands between a cloud's class and what plays the cloud: counts the requests, and makes trouble when it is told to.
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
  request as send,
} from 'node:http'

export interface FaultGate {
  readonly url: string
  readonly port: number
  /** How many connections were made so far. */
  readonly connections: number
  /** Every request, in order: `GET /bucket/key?x-id=GetObject`. */
  readonly calls: string[]
  /** The first byte that was asked for, of each request with a range, in order. */
  readonly reads: number[]
  /**
   * What becomes of the next requests, one after the other: answered with a status; connection cut at once; done, and its
   * answer lost; answer cut off, or held back for good, behind so many bytes of its body (these two wait for an answer that
   * has more).
   */
  readonly next: Fault[]
  /** While true every connection is cut. */
  outage: boolean
  /** Cuts all connections that stand. */
  cut(): void
  stop(): Promise<void>
}

export type Fault = number | 'cut' | 'lose' | BodyFault
type BodyFault = { cutAfter: number } | { stallAfter: number }

export interface OwnAnswer {
  status: number
  headers?: Record<string, string>
  body: string
}

export interface GateOptions {
  target: string
  /** How the vendor words a failure: 503 as SlowDown. */
  faultAnswer?(status: number): OwnAnswer
  /** Answers in the place of the target, where that does not know how; undefined lets the request through. */
  answerInstead?(request: IncomingMessage): OwnAnswer | undefined
  /** The headers that the target gets. */
  passedOn?(request: IncomingMessage): IncomingHttpHeaders
  /** Sees each answer that the target gave; its body only where something was posted. */
  onAnswered?(request: IncomingMessage, status: number, body: Buffer): void
}

export async function startFaultGate(options: GateOptions): Promise<FaultGate> {
  const { target, faultAnswer = (status): OwnAnswer => ({ status, body: '' }), answerInstead, onAnswered } = options
  const { passedOn = ({ headers }) => headers } = options
  const agent = new Agent({ keepAlive: true })

  function handle(request: IncomingMessage, response: ServerResponse): void {
    gate.calls.push(`${request.method} ${request.url}`)
    const start = firstByteOf(request)
    if (start !== undefined) gate.reads.push(start)
    const fault = gate.outage ? 'cut' : typeof gate.next[0] === 'object' ? undefined : gate.next.shift()
    const own = typeof fault === 'number' ? faultAnswer(fault) : answerInstead?.(request)
    if (fault === 'cut') request.socket.destroy()
    else if (own) answerOurselves(request, response, own)
    else passOn(request, response, fault === 'lose')
  }

  function answerOurselves(request: IncomingMessage, response: ServerResponse, { status, headers, body }: OwnAnswer) {
    request.resume().once('end', () => {
      response.writeHead(status, { 'Content-Length': Buffer.byteLength(body), ...headers })
      response.end(body)
    })
  }

  function passOn(request: IncomingMessage, response: ServerResponse, isLost: boolean): void {
    const { method, url } = request
    const upstream = send(`${target}${url}`, { method, headers: passedOn(request), agent }, answer => {
      const pieces: Buffer[] = []
      if (onAnswered) {
        if (method === 'POST') answer.on('data', piece => pieces.push(piece))
        answer.on('end', () => onAnswered(request, answer.statusCode!, Buffer.concat(pieces)))
      }
      const fault = gate.next[0]
      if (isLost) {
        answer.resume().on('end', () => request.socket.destroy())
      } else if (typeof fault === 'object' && Number(answer.headers['content-length']) > bytesOf(fault)) {
        gate.next.shift()
        response.writeHead(answer.statusCode!, answer.headers)
        spoil(answer, response, fault)
      } else {
        response.writeHead(answer.statusCode!, answer.headers)
        answer.pipe(response)
      }
    })
    upstream.on('error', () => response.destroy())
    response.on('close', () => upstream.destroy())
    request.pipe(upstream)
  }

  let connections = 0
  const server = createServer(handle).on('connection', () => connections++)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const gate: FaultGate = {
    url: `http://127.0.0.1:${port}`,
    port,
    get connections() {
      return connections
    },
    calls: [],
    reads: [],
    next: [],
    outage: false,
    cut: () => server.closeAllConnections(),
    stop: () =>
      new Promise(resolve => {
        agent.destroy()
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return gate
}

/** Azure has a header of its own for it. */
function firstByteOf({ headers }: IncomingMessage): number | undefined {
  const [, start] = /^bytes=(\d+)-/.exec(String(headers['x-ms-range'] ?? headers.range ?? '')) ?? []
  return start === undefined ? undefined : Number(start)
}

function bytesOf(fault: BodyFault): number {
  return 'cutAfter' in fault ? fault.cutAfter : fault.stallAfter
}

function spoil(answer: IncomingMessage, response: ServerResponse, fault: BodyFault): void {
  let room = bytesOf(fault)
  answer.on('data', (piece: Buffer) => {
    const sent = piece.subarray(0, room)
    room -= sent.length
    if (sent.length === 0) return
    const isLast = room === 0 && 'cutAfter' in fault
    response.write(sent, () => isLast && response.socket?.destroy())
  })
}
