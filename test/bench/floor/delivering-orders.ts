// The floor under the whole job: nine durable steps an order in one plain process, the file converted, synced and renamed.
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Commit } from './commits.ts'
import { csvToNdjson } from './csv-lines.ts'
import { type FloorOrder, newOrder, prepareOrderRows, presentAccepted } from './order-rows.ts'
import { readJson, sendJson } from './plain-http.ts'
import { prepareSteps } from './saga-rows.ts'

/** Sources are `<home>/<dataset>.csv`, deliveries `<home>/deliveries/<process id>/<dataset>.ndjson`. */
export function deliverOrders(database: DatabaseSync, commit: Commit, home: string): RequestListener {
  const writeOrder = prepareOrderRows(database)
  const steps = prepareSteps(database)
  const listRunning = database.prepare('select process_id from user_processes where status = 0 limit 100')

  async function work(order: FloorOrder): Promise<void> {
    const paymentId = randomUUID()
    await commit(() => steps.attemptAuthorization(order, paymentId))
    await commit(() => steps.authorize(order, paymentId))
    await commit(() => steps.confirm(order))
    await commit(() => steps.beginExport(order))
    const { dataset } = order.items[0]!
    const { records, ndjson } = csvToNdjson(await readFile(join(home, `${dataset}.csv`), 'utf8'))
    const bytes = Buffer.from(ndjson)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    await writeDelivery(join(home, 'deliveries', order.processId), `${dataset}.ndjson`, bytes)
    await commit(() => steps.finishExport(order, { records, bytes: bytes.length, sha256 }))
    await commit(() => steps.deliver(order))
    await commit(() => steps.attemptCapture(paymentId))
    await commit(() => steps.capture(order, paymentId))
  }

  return async (request, response) => {
    if (request.method === 'GET') {
      sendJson(response, 200, JSON.stringify({ data: listRunning.all() }))
      return
    }
    const { items } = await readJson<Pick<FloorOrder, 'items'>>(request)
    const order = newOrder(items)
    await commit(() => writeOrder(order))
    sendJson(response, 202, presentAccepted(order))
    await work(order)
  }
}

async function writeDelivery(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, name)
  const file = await open(`${path}.part`, 'w')
  await file.writeFile(bytes)
  await file.datasync()
  await file.close()
  await rename(`${path}.part`, path)
  const place = await open(folder)
  await place.sync()
  await place.close()
}
