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

/** Enough for reads that do not pile up. */
const connectionsAtFirst = 8

/** Counted from when a read was due and not from when it was sent: one that had to wait for the ones before it is slow. */
export async function readSteadily(
  { target, paths, perSecond, seconds }: Extract<Workload, { kind: 'read-steadily' }>,
  gathered: Gathered,
  signal: AbortSignal,
): Promise<void> {
  const requests = readRequests(target, paths)
  const open = await openConnections(target.port, connectionsAtFirst)
  const free = [...open]
  gathered.begin()
  const startedAt = performance.now()
  const reads: Promise<void>[] = []
  for (let turn = 0; turn < perSecond * seconds && !signal.aborted; turn++) {
    const dueAt = startedAt + (turn * 1_000) / perSecond
    // As close as timers allow, then spun: half a millisecond late would be half of what is measured.
    await pause(Math.max(dueAt - performance.now() - 1, 0))
    while (performance.now() < dueAt);
    const connection = free.pop() ?? new Connection(target.port)
    if (!open.includes(connection)) open.push(connection)
    const done = read(connection, requests[turn % requests.length]!).then(() => {
      gathered.latencies.push(performance.now() - dueAt)
      free.push(connection)
    })
    reads.push(done)
  }
  await Promise.all(reads).finally(() => {
    for (const connection of open) connection.close()
  })
}

function readRequests({ token }: Target, paths: string[]): Buffer[] {
  return paths.map(path => requestBytes({ verb: 'GET', path, token }))
}

async function read(connection: Connection, request: Buffer): Promise<void> {
  const reply = await connection.exchange(request)
  if (reply.status !== 200) throw unexpected(request.toString().split('\r\n')[0]!, reply)
}
