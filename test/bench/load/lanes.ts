// Runs the same work on so many connections at once, until the time or the count is up.
import { Connection, requestBytes } from './connection.ts'

interface Bounds {
  port: number
  atOnce: number
  atMost: number
  seconds: number
  signal: AbortSignal
  begin: () => void
}

const hello = requestBytes({ verb: 'GET', path: '/healthz', token: 'none' })

/**
 * Connections that the server has accepted and answered on. Node.js accepts one connection in a turn of its event loop:
 * those of a burst, all new, would wait for that and not for what is measured.
 */
export async function openConnections(port: number, count: number): Promise<Connection[]> {
  const connections = Array.from({ length: count }, () => new Connection(port))
  await Promise.all(connections.map(connection => connection.exchange(hello)))
  return connections
}

/** The first error of a lane stops all of them and is thrown. `begin` is called when the first request is about to be sent. */
export async function runLanes(
  { port, atOnce, atMost, seconds, signal, begin }: Bounds,
  once: (connection: Connection, turn: number) => Promise<void>,
): Promise<void> {
  const connections = await openConnections(port, atOnce)
  begin()
  const until = performance.now() + seconds * 1_000
  let begun = 0
  let failed = false
  const lane = async (connection: Connection) => {
    try {
      while (!failed && !signal.aborted && begun < atMost && performance.now() < until) await once(connection, begun++)
    } catch (error) {
      failed = true
      throw error
    } finally {
      connection.close()
    }
  }
  const lanes = await Promise.allSettled(connections.map(lane))
  for (const outcome of lanes) if (outcome.status === 'rejected') throw outcome.reason
}
