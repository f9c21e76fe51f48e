// A door between a client and an engine that a test can slam: connections are cut, refused and let in again at will.
import { createConnection, createServer, type Socket } from 'node:net'

export interface TcpProxy {
  /** Where clients connect to; it stays the same while they are refused. */
  readonly port: number
  /** How many connections stand right now. */
  readonly connections: number
  /** Breaks every connection that stands, without a goodbye, as a pulled cable or a killed engine would; new ones are let in. */
  cut(): void
  /** Passes no byte either way until `release`, and breaks nothing: as an engine that hangs, or a network that swallows. */
  hold(): void
  release(): void
  /** Says this to every client as if the target had said it; between two messages of the target, or it is garbled. */
  say(bytes: Buffer): void
  /** Breaks every connection and closes the port until `accept`: who connects is refused. */
  refuse(): Promise<void>
  accept(): Promise<void>
  stop(): Promise<void>
}

/** Passes bytes between 127.0.0.1 and the target. With `accepting: false` it begins as one that refuses. */
export async function startTcpProxy(
  target: { host: string; port: number },
  { accepting = true, port: wanted = 0 } = {},
): Promise<TcpProxy> {
  const open = new Set<Socket>()
  const pairs = new Set<{ client: Socket; upstream: Socket }>()
  let isHeld = false
  const server = createServer(client => {
    const upstream = createConnection(target)
    const pair = { client, upstream }
    const both = [client, upstream]
    pairs.add(pair)
    for (const socket of both) {
      open.add(socket)
      socket.setNoDelay(true)
      // A broken connection is what these tests are about: the other side learns of it, nobody else has to.
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        pairs.delete(pair)
        for (const other of both) other.destroy()
      })
    }
    if (!isHeld) client.pipe(upstream).pipe(client)
  })

  const listen = (port: number) =>
    new Promise<number>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject)
        resolve((server.address() as { port: number }).port)
      })
    })
  const cut = () => {
    for (const socket of open) socket.resetAndDestroy()
  }
  const close = async () => {
    if (!server.listening) return
    const closed = new Promise<void>(resolve => server.close(() => resolve()))
    cut()
    await closed
  }

  const port = await listen(wanted)
  if (!accepting) await close()
  return {
    port,
    get connections() {
      return pairs.size
    },
    cut,
    hold() {
      isHeld = true
      for (const { client, upstream } of pairs) {
        client.unpipe(upstream).pause()
        upstream.unpipe(client).pause()
      }
    },
    release() {
      if (!isHeld) return
      isHeld = false
      for (const { client, upstream } of pairs) client.pipe(upstream).pipe(client)
    },
    say(bytes) {
      for (const { client } of pairs) client.write(bytes)
    },
    refuse: close,
    async accept() {
      if (!server.listening) await listen(port)
    },
    stop: close,
  }
}
