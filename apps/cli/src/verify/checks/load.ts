// A short load, bounded by what the command line says: how long an order takes to be taken, and to be delivered.

import { type PlacedOrder, WaybillError } from '@waybill/sdk'
import { summarize } from '../../latencies.ts'
import { putLoad } from '../../load.ts'
import { LeftOut, mustBe } from '../finding.ts'
import type { Guest } from '../guest.ts'
import { datasetOf, invite, mockPayment, type Visit } from '../visit.ts'

/** A user may make 600 calls a minute unless the deployment says otherwise; an order takes up to five here. */
const ordersOfAGuest = 100
const endsWithinMilliseconds = 60_000

export async function shortLoad(visit: Visit): Promise<string> {
  const { orders: count, atOnce } = visit.terms
  if (count === 0) throw new LeftOut('--orders 0')
  const { name: dataset } = datasetOf(visit)
  const guests = await Promise.all(
    Array.from({ length: Math.ceil(count / ordersOfAGuest) }, async (_, at) => {
      const guest = await invite(visit, `load-${at + 1}`)
      await guest.client.me.registerCloud(visit.cloud!.name)
      return guest
    }),
  )
  const isPayable = visit.whyUnpayable === null
  const times = new Map<string, number[]>()
  const note = (figure: string, milliseconds: number) => times.set(figure, [...(times.get(figure) ?? []), milliseconds])
  const timed = async <T>(figure: string, call: Promise<T>): Promise<T> => {
    const from = performance.now()
    const result = await call
    note(figure, performance.now() - from)
    return result
  }
  let begun = 0
  const { latencies, failures, seconds } = await putLoad(
    async () => {
      const { client }: Guest = guests[begun++ % guests.length]!
      const payment = isPayable ? mockPayment('tok_approve') : { mode: 'later' as const }
      const from = performance.now()
      const placed = await timed('place an order', client.orders.place({ items: [{ dataset }], payment }))
      if (isPayable) {
        await deliveredInTime(placed)
        note('ordered to delivered', performance.now() - from)
      }
      await timed('read an order', client.orders.get(placed.order.id))
      if (visit.cloud?.mode === 'immediate') {
        await timed('read a page of 20', client.data.records(dataset, { limit: 20 }).page())
      }
      if (!isPayable) await timed('cancel an order', client.orders.cancel(placed.order.id))
    },
    { count, concurrency: Math.min(atOnce, count), onProgress: () => {} },
  )
  visit.movedAt = performance.now()
  for (const [name, milliseconds] of times) visit.figures.push({ name, milliseconds })
  const failed = Object.entries(failures).map(([code, times]) => `${times} ${code}`)
  mustBe(failed.length === 0, `${latencies.length} of ${count} orders went through; ${failed.join(', ')}`)
  const end = isPayable ? 'delivered' : 'placed and cancelled'
  const p50 = summarize(latencies).p50.toFixed(0)
  return `${count} ${end}, ${atOnce} at once, ${(count / seconds).toFixed(1)}/s, p50 ${p50} ms`
}

/** One that hangs is counted as a failure, like one that is refused. */
async function deliveredInTime({ finished, order }: PlacedOrder): Promise<void> {
  const signal = AbortSignal.timeout(endsWithinMilliseconds)
  await finished({ signal }).catch(error => {
    if (!signal.aborted) throw error
    throw new WaybillError({ code: 'TIMED_OUT', message: `order ${order.id} did not end in time` })
  })
}
