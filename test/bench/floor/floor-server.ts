// Runs one floor as a server of its own: node floor-server.ts <floor> <folder>.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { acceptOrders } from './accepting-orders.ts'
import { commitEach, commitTogether } from './commits.ts'
import { deliverOrders } from './delivering-orders.ts'
import { openFloorDatabase } from './floor-database.ts'
import { sendJson } from './plain-http.ts'
import { readRows } from './reading-rows.ts'

const floors = {
  'accept-naive': home => {
    const database = openFloorDatabase(home)
    return acceptOrders(database, commitEach(database))
  },
  'accept-sharing': home => {
    const database = openFloorDatabase(home)
    return acceptOrders(database, commitTogether(database))
  },
  'deliver-naive': home => {
    const database = openFloorDatabase(home)
    return deliverOrders(database, commitEach(database), home)
  },
  'deliver-sharing': home => {
    const database = openFloorDatabase(home)
    return deliverOrders(database, commitTogether(database), home)
  },
  read: home => readRows(openFloorDatabase(home), home),
} satisfies Record<string, (home: string) => RequestListener>

export type FloorName = keyof typeof floors

const [, , name, home] = process.argv
const answer = floors[name as FloorName](home!)
const server = createServer((request, response) => {
  if (request.url === '/healthz') sendJson(response, 200, '{}')
  else answer(request, response)
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`floor ready http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
// What was compiled is kept only by a process that ends by itself.
process.once('SIGTERM', () => process.exit())
