// Runs one floor as a server of its own: node floor-server.ts <floor> <folder> [<database URL> <broker URL>].
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { acceptOrders } from './accepting-orders.ts'
import { deliverOrders } from './delivering-orders.ts'
import { openCarrier, openFloorStore } from './floor-database.ts'
import { commitOf, type FloorStore, type Sharing } from './floor-store.ts'
import { sendJson } from './plain-http.ts'
import { readRows } from './reading-rows.ts'

export type FloorName = `${'accept' | 'deliver'}-${Sharing}` | 'read'

const [, , name, home, databaseUrl, brokerUrl] = process.argv as [string, string, FloorName, string, string?, string?]
const engines = { databaseUrl, brokerUrl }

async function floor(store: FloorStore): Promise<RequestListener> {
  if (name === 'read') return readRows(store, home)
  const [work, sharing] = name.split('-') as ['accept' | 'deliver', Sharing]
  const carrier = await openCarrier(name, store, engines)
  const commit = commitOf(store, sharing)
  return work === 'accept' ? acceptOrders(commit, carrier) : deliverOrders(store, commit, carrier, home)
}

const answer = await floor(openFloorStore(home, engines))
const server = createServer((request, response) => {
  if (request.url === '/healthz') sendJson(response, 200, '{}')
  else answer(request, response)
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`floor ready http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
// What was compiled is kept only by a process that ends by itself.
process.once('SIGTERM', () => process.exit())
