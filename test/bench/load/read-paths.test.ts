// Steady reads must go on while a server stands still, or what it does to its callers is not seen.
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { readSteadily } from './read-paths.ts'

let servers: Server[] = []

async function serve(answer: (path: string, response: ServerResponse) => void): Promise<number> {
  const server = createServer(({ url }, response) => {
    if (url === '/healthz') response.end('{}')
    else answer(url!, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  servers.push(server)
  return (server.address() as AddressInfo).port
}

afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  servers = []
})

const gather = () => ({ latencies: [] as number[], placed: [], begin: () => {} })

it('sends each read when it is due, whether or not those before it are answered', async () => {
  const held: ServerResponse[] = []
  const reads = 40
  const port = await serve((_path, response) => {
    held.push(response)
    // Nothing is answered before the last one is there.
    if (held.length === reads) for (const each of held) each.end('{}')
  })
  const gathered = gather()
  const target = { port, token: 't' }
  await readSteadily(
    { kind: 'read-steadily', reads: [{ target, path: '/a' }], perSecond: 400, seconds: reads / 400 },
    gathered,
    new AbortController().signal,
  )
  expect(gathered.latencies).toHaveLength(reads)
  expect(gathered.latencies[0]).toBeGreaterThan(gathered.latencies.at(-1)!)
})

it('takes the targets in turn, and gives latencies in the order of sending', async () => {
  const slow = await serve((_path, response) => void setTimeout(() => response.end('{}'), 60))
  const quick = await serve((_path, response) => response.end('{}'))
  const gathered = gather()
  const reads = [slow, quick].map(port => ({ target: { port, token: 't' }, path: '/a' }))
  await readSteadily(
    { kind: 'read-steadily', reads, perSecond: 100, seconds: 0.2 },
    gathered,
    new AbortController().signal,
  )
  const slowOnes = gathered.latencies.filter((_, turn) => turn % 2 === 0)
  const quickOnes = gathered.latencies.filter((_, turn) => turn % 2 === 1)
  expect([slowOnes.length, quickOnes.length]).toEqual([10, 10])
  // A timer may fire up to a millisecond before its time.
  expect(Math.min(...slowOnes)).toBeGreaterThanOrEqual(59)
  expect(Math.min(...quickOnes)).toBeLessThan(59)
})
