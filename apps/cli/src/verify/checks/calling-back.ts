// The callback of a process that ends: it arrives, signed, and the deployment knows that it did.
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { verifyCallback } from '@waybill/sdk/callbacks'
import { LeftOut, mustBe, Wrong } from '../finding.ts'
import { datasetOf, guestOf, mockPayment, type Visit } from '../visit.ts'

const arrivesWithinMilliseconds = 30_000

/** Without the mock gateway a cancelled order ends as well as any. */
export async function callbackArrives(visit: Visit): Promise<string> {
  const { callback } = visit.terms
  if (!callback) throw new LeftOut('this machine cannot be called: give --callback-url, an address that leads here')
  const { client } = guestOf(visit, 0)
  const secret = await client.callbacks.secret()
  const calls: { headers: IncomingMessage['headers']; body: string }[] = []
  const receiver = createServer(async (request, response) => {
    calls.push({ headers: request.headers, body: await text(request) })
    response.writeHead(204).end()
  }).listen(callback.port, callback.host)
  await once(receiver, 'listening')
  try {
    const isPayable = visit.whyUnpayable === null
    const { order, process } = await client.orders.place({
      items: [{ dataset: datasetOf(visit).name }],
      payment: isPayable ? mockPayment('tok_approve') : { mode: 'later' },
      callback_url: callback.url.href,
    })
    if (!isPayable) await client.orders.cancel(order.id)
    const from = performance.now()
    while (calls.length === 0) {
      if (performance.now() - from > arrivesWithinMilliseconds) throw new Wrong('no callback came within 30 s')
      await pause(50)
    }
    visit.movedAt = performance.now()
    const { headers, body } = calls[0]!
    const event = verifyCallback(headers, body, secret)
    mustBe(event.data.process_id === process.process_id, `it tells of process ${event.data.process_id}`)
    mustBe(event.data.status === (isPayable ? 1 : 2), `it tells of status ${event.data.status}`)
    const [attempt] = await heardOf(() => client.callbacks.list(process.process_id).take(1))
    mustBe(attempt?.status_code === 204, `GET /callbacks tells of ${attempt?.status_code}`)
    return 'signature good, attempt listed'
  } finally {
    receiver.closeAllConnections()
    receiver.close()
  }
}

/** Our answer is written down a moment after it was given. */
async function heardOf<T>(list: () => Promise<T[]>): Promise<T[]> {
  for (let tries = 0; ; tries++) {
    const found = await list()
    if (found.length > 0 || tries === 20) return found
    await pause(100)
  }
}
