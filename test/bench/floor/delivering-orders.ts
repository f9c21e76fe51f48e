// The floor under the whole job: nine durable steps an order in one plain process, the file converted, synced and renamed.
import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { acceptOrders } from './accepting-orders.ts'
import type { Carrier, Handle } from './carrier.ts'
import { csvToNdjson } from './csv-lines.ts'
import type { Commit, FloorStore } from './floor-store.ts'
import { newEvent, price } from './order-rows.ts'
import { sendJson } from './plain-http.ts'
import * as steps from './saga-steps.ts'

const findItems = 'select items from orders where id = ?'
const listRunning = 'select process_id from user_processes where status = 0 limit 100'

/** Sources are `<home>/<dataset>.csv`, deliveries `<home>/deliveries/<process id>/<dataset>.ndjson`. */
export async function deliverOrders(
  store: FloorStore,
  commit: Commit,
  carrier: Carrier,
  home: string,
): Promise<RequestListener> {
  await carrier.consume(workOff(store, commit, carrier, home))
  const accept = acceptOrders(commit, carrier)
  return async (request, response) => {
    if (request.method === 'GET') sendJson(response, 200, JSON.stringify({ data: await store.read(listRunning, []) }))
    else accept(request, response)
  }
}

/** Each event sets off one or two steps and the next event. */
function workOff(store: FloorStore, commit: Commit, carrier: Carrier, home: string): Handle {
  const workByEvent: Record<string, Handle> = {
    async 'order.created'(event) {
      const authorized = newEvent('payment.authorized', event.order, { payment_id: event.order.id, ...price })
      await commit(steps.attemptAuthorization(event))
      await commit(steps.authorize(event, authorized))
      carrier.publish(authorized)
    },
    async 'payment.authorized'(event) {
      // The event does not bring what was ordered: it is read back, as ours does.
      const [row] = await store.read(findItems, [event.order.id])
      const confirmed = newEvent('order.confirmed', event.order, { items: JSON.parse(row!.items as string) })
      await commit(steps.confirm(event, confirmed))
      carrier.publish(confirmed)
    },
    async 'order.confirmed'(event) {
      await commit(steps.beginExport(event))
      const file = await exportFile(home, event.order.processId, event.order.items[0]!.dataset)
      const finished = newEvent('export.finished', event.order, { files: 1, records: file.records, bytes: file.bytes })
      await commit(steps.finishExport(event, finished, file))
      carrier.publish(finished)
    },
    async 'export.finished'(event) {
      const delivered = newEvent('order.delivered', event.order, price)
      await commit(steps.deliver(event, delivered))
      carrier.publish(delivered)
    },
    async 'order.delivered'(event) {
      const captured = newEvent('payment.captured', event.order, { payment_id: event.order.id, ...price })
      await commit(steps.attemptCapture(event))
      await commit(steps.capture(event, captured))
      carrier.publish(captured)
    },
  }
  return async event => workByEvent[event.type]?.(event)
}

async function exportFile(home: string, processId: string, dataset: string) {
  const { records, ndjson } = csvToNdjson(await readFile(join(home, `${dataset}.csv`), 'utf8'))
  const bytes = Buffer.from(ndjson)
  await writeDelivery(join(home, 'deliveries', processId), `${dataset}.ndjson`, bytes)
  return { records, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
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
