// Reads the same paths over and over: as fast as the answers come, or steadily.
import { setTimeout as pause } from 'node:timers/promises'
import { Connection, requestBytes } from './connection.ts'
import { openConnections, runLanes } from './lanes.ts'
import { unexpected } from './place-orders.ts'
import type { Gathered, Target, Workload } from './workload.ts'

export async function readPaths(
  { target, paths, ...bounds }: Extract<Workload, { kind: 'read' }>,
  gathered: Gathered,
  signal: AbortSignal,
): Promise<void> {
  const requests = readRequests(target, paths)
  await runLanes({ ...bounds, port: target.port, signal, begin: gathered.begin }, async (connection, turn) => {
    const sentAt = performance.now()
    await read(connection, requests[turn % requests.length]!)
    gathered.latencies.push(performance.now() - sentAt)
  })
}

/** Of each target: enough for reads that do not pile up. */
const connectionsAtFirst = 8

/**
 * A read is sent when it is due, on a connection of its own where those before are not answered: what holds them up is seen
 * in all of them. A generator that is late itself sends late, and that is not the server's doing: it counts from then.
 */
export async function readSteadily(
  { reads, perSecond, seconds }: Extract<Workload, { kind: 'read-steadily' }>,
  gathered: Gathered,
  signal: AbortSignal,
): Promise<void> {
  const lines = await Promise.all(reads.map(openLine))
  gathered.begin()
  const startedAt = performance.now()
  const sent: Promise<void>[] = []
  for (let turn = 0; turn < perSecond * seconds && !signal.aborted; turn++) {
    const early = startedAt + (turn * 1_000) / perSecond - performance.now()
    if (early > 0) await pause(early)
    const line = lines[turn % lines.length]!
    const sentAt = performance.now()
    sent.push(
      line.read().then(() => {
        gathered.latencies[turn] = performance.now() - sentAt
      }),
    )
  }
  await Promise.all(sent).finally(() => {
    for (const line of lines) line.close()
  })
}

/** The connections to one target. */
async function openLine({ target, path }: { target: Target; path: string }) {
  const [request] = readRequests(target, [path])
  const open = await openConnections(target.port, connectionsAtFirst)
  const free = [...open]
  return {
    async read(): Promise<void> {
      const connection = free.pop() ?? new Connection(target.port)
      if (!open.includes(connection)) open.push(connection)
      await read(connection, request!)
      free.push(connection)
    },
    close() {
      for (const connection of open) connection.close()
    },
  }
}

function readRequests({ token }: Target, paths: string[]): Buffer[] {
  return paths.map(path => requestBytes({ verb: 'GET', path, token }))
}

async function read(connection: Connection, request: Buffer): Promise<void> {
  const reply = await connection.exchange(request)
  if (reply.status !== 200) throw unexpected(request.toString().split('\r\n')[0]!, reply)
}
