// The end of a run: everything is healed, everything must come to its end, and nothing may be lost, doubled, kept or left behind.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Audit, type Manifest, type Order, type Payment, type Process, serviceNames } from '@waybill/contracts'
import { until } from '@waybill/platform/testing'
import type { Customer } from '../system/customer.ts'
import { atOnce } from './at-once.ts'
import { readOrders } from './books.ts'
import type { CallbackReceiver } from './callback-receiver.ts'
import type { Installation } from './installation.ts'
import type { Journal } from './journal.ts'
import { missingDataset } from './planned-order.ts'
import { type ReferenceFiles, referenceName, sha256 } from './reference-files.ts'
import { isSettled, signatureOf } from './saga-positions.ts'
import type { PlacedOrder, Shop } from './shop.ts'

export interface Evidence {
  installation: Installation
  shop: Shop
  callbacks: CallbackReceiver
  references: ReferenceFiles
  journal: Journal
}

export interface Outcome {
  orders: number
  delivered: number
  cancelled: number
  secondsToSettle: number
}

/** The gateway may be asked again after 5 s and 30 s, an unpaid order waits 20 s, a callback comes again after 5 s and 30 s: a crash in each of them. */
const settledWithin = 100_000
const lookEvery = 250
const asksAtOnce = 8

interface FoundOrder {
  order: Order
  customer: Customer
  placed: PlacedOrder | undefined
}

export async function judge(evidence: Evidence): Promise<Outcome> {
  const { shop, journal } = evidence
  const found = await findOrders(evidence)
  const secondsToSettle = await waitUntilSettled(evidence, [...found.keys()])
  expectEveryPromiseKept(evidence, found)
  const ended = { delivered: 0, cancelled: 0 }
  await atOnce(asksAtOnce, [...found.values()], async it => {
    const { status, text, body } = await it.customer.call<Order>(`GET /order/${it.order.id}`)
    if (status !== 200) return journal.violation('order lost', `${it.order.id}: ${text}`)
    it.order = body.data
    if (it.order.state === 'delivered' || it.order.state === 'cancelled') ended[it.order.state]++
    await examine(evidence, it)
  })
  await examineLedger(evidence, found)
  await examineFolders(evidence, found)
  await examineLeftovers(evidence)
  await askForAudit(evidence, found.size)
  journal.note(`answers: ${[...shop.assistant.answers].map(([answer, count]) => `${answer} ${count}×`).join(', ')}`)
  return { orders: found.size, ...ended, secondsToSettle }
}

/** Every order that the services know, with the request that made it. */
async function findOrders({ shop, journal }: Evidence): Promise<Map<string, FoundOrder>> {
  const byRequest = new Map(shop.orders.flatMap(order => order.requestIds.map(id => [id, order] as const)))
  const found = new Map<string, FoundOrder>()
  for (const customer of shop.customers) {
    for (const order of await everyOrder(customer)) found.set(order.id, { order, customer, placed: undefined })
  }
  const madeBy = new Map<PlacedOrder, string[]>()
  await atOnce(asksAtOnce, [...found.values()], async it => {
    const history = await it.customer.call<{ request_id: string }[]>(`GET /order/${it.order.id}/history`)
    const requestId = history.body.data[0]?.request_id ?? ''
    it.placed = byRequest.get(requestId)
    if (!it.placed) return journal.violation('order of nobody', `${it.order.id} was made by request ${requestId}`)
    madeBy.set(it.placed, [...(madeBy.get(it.placed) ?? []), it.order.id])
  })
  for (const [{ plan }, orders] of madeBy) {
    if (orders.length > 1)
      journal.violation('ordered twice', `order ${plan.number} was made as ${orders.join(' and ')}`)
  }
  return found
}

async function everyOrder(customer: Customer): Promise<Order[]> {
  const orders: Order[] = []
  let cursor: string | null | undefined
  do {
    const { status, body, text } = await customer.call<Order[]>(
      `GET /orders?limit=100${cursor ? `&cursor=${cursor}` : ''}`,
    )
    if (status !== 200) throw new Error(`orders cannot be listed after everything is healed: ${text}`)
    orders.push(...body.data)
    cursor = body.page?.next_cursor
  } while (cursor)
  return orders
}

async function waitUntilSettled({ installation, journal }: Evidence, ids: string[]): Promise<number> {
  const startedAt = performance.now()
  let open = ids
  while (open.length > 0) {
    const stuck = (await readOrders(installation.books, open)).filter(order => !isSettled(order))
    open = stuck.map(({ orderId }) => orderId)
    if (performance.now() - startedAt > settledWithin) {
      for (const order of stuck) journal.violation('stuck', `order ${order.orderId}: ${signatureOf(order)}`)
      break
    }
    if (open.length > 0) await pause(lookEvery)
  }
  return (performance.now() - startedAt) / 1_000
}

function expectEveryPromiseKept({ shop, journal }: Evidence, found: Map<string, FoundOrder>): void {
  for (const { orderId, plan } of shop.accepted) {
    if (!found.has(orderId!)) journal.violation('order lost', `order ${plan.number} was accepted as ${orderId}`)
  }
}

async function examine(evidence: Evidence, { order, customer, placed }: FoundOrder): Promise<void> {
  const { journal } = evidence
  const process = (await customer.call<Process>(`GET /process/${order.process_id}`)).body.data
  const payment = (await customer.call<Payment>(`GET /payment/details?order_id=${order.id}`)).body.data as
    | Payment
    | undefined
  const story = `order ${order.id}: ${order.state} ${order.cancel_reason}, process ${process.status} at ${process.percentage} % (${process.reason}), payment ${payment?.state}`
  const expect = (rule: string, holds: boolean) => holds || journal.violation(rule, story)
  const succeeded = (payment?.attempts ?? [])
    .filter(({ outcome }) => outcome === 'succeeded')
    .map(({ operation }) => operation)
    // By name: a clock that jumped may have dated a capture before its authorization.
    .sort()
    .join()
  if (order.state === 'delivered') {
    expect('process of a delivered order', process.status === 1 && process.percentage === 100)
    expect('payment of a delivered order', payment?.state === 'captured' && succeeded === 'authorize,capture')
    expect('cancelled and yet delivered', placed?.cancelled !== true)
    expect(
      'delivered what is not there',
      order.items.every(({ dataset }) => dataset !== missingDataset),
    )
    await examineFiles(evidence, { order, customer }, story)
  } else if (order.state === 'cancelled') {
    expect('process of a cancelled order', process.status === 2 && process.percentage < 100)
    expect(
      'payment of a cancelled order',
      payment === undefined || ['voided', 'declined', 'refunded'].includes(payment.state),
    )
    expect('money of a cancelled order', ['', 'authorize,void', 'authorize,capture,refund'].includes(succeeded))
    if (placed) expect('cancelled for no reason', mayEndCancelled(placed, order))
  }
  // One that is neither has been found stuck already.
  if (placed && process.status !== 0) examineCallbacks(evidence, placed, process)
}

/** An order that nothing stands in the way of is delivered, whatever breaks meanwhile. */
function mayEndCancelled({ plan, cancelled }: PlacedOrder, { cancel_reason: reason }: Order): boolean {
  switch (reason) {
    case 'cancelled_by_user':
      // The answer to it may have been lost.
      return cancelled || plan.cancelAfter !== undefined
    case 'payment_declined':
      return plan.token === 'tok_decline' || plan.token === undefined
    case 'payment_expired':
      return plan.mode === 'later'
    case 'processing_failed':
      return plan.items.some(({ dataset }) => dataset === missingDataset)
    default:
      return false
  }
}

async function examineFiles(
  { references, journal }: Evidence,
  { order, customer }: Pick<FoundOrder, 'order' | 'customer'>,
  story: string,
): Promise<void> {
  const { status, body, text } = await customer.call<Manifest>(`GET /data/manifest?process_id=${order.process_id}`)
  if (status !== 200) return journal.violation('manifest', `${story}: ${text}`)
  const { files } = body.data
  if (files.map(nameOf).join() !== order.items.map(nameOf).join()) {
    journal.violation('files of a delivery', `${story}: ${files.map(nameOf)} for ${order.items.map(nameOf)}`)
  }
  for (const file of files) {
    const wanted = references.get(nameOf(file))
    const isRight = file.sha256 === wanted?.sha256 && file.records === wanted.records && file.bytes === wanted.bytes
    if (!isRight)
      journal.violation('manifest', `${story}: ${JSON.stringify(file)} in place of ${JSON.stringify(wanted)}`)
    const content = await customer.call(`GET /data?process_id=${order.process_id}&dataset=${file.dataset}`, {
      headers: { Accept: file.format === 'csv' ? 'text/csv' : 'application/x-ndjson' },
    })
    if (content.status !== 200 || sha256(Buffer.from(content.text)) !== wanted?.sha256) {
      journal.violation(
        'content of a delivery',
        `${story}: ${nameOf(file)} answers ${content.status} and is not what it should be`,
      )
    }
  }
}

const nameOf = ({ dataset, format }: { dataset: string; format: string }) => referenceName(dataset, format)

function examineCallbacks({ callbacks, journal }: Evidence, { plan }: PlacedOrder, process: Process): void {
  const received = callbacks.receivedBy(plan.number)
  const wrong = (detail: string) =>
    journal.violation('callback', `process ${process.process_id}, order ${plan.number}: ${detail}`)
  if (!plan.callback) return
  if (received.length === 0) wrong('nothing came')
  if (new Set(received.map(({ webhookId }) => webhookId)).size > 1) wrong('it came under several ids')
  if (received.some(({ signed }) => !signed)) wrong('it was not signed')
  if (received.some(callback => callback.process.status !== process.status)) wrong('it told another end')
}

/** How often the gateway may have done what, by the state of the order; one that is not final has been found stuck already. */
const moneyIsRight: Record<Order['state'], (times: (operation: string) => number) => boolean> = {
  created: () => true,
  confirmed: () => true,
  delivered: times => times('authorize') === 1 && times('capture') === 1 && times('void') + times('refund') === 0,
  cancelled: times => times('authorize') === times('void') + times('refund') && times('capture') === times('refund'),
}

/** The gateway's own memory: what really happened to the money. */
async function examineLedger({ installation, journal }: Evidence, found: Map<string, FoundOrder>): Promise<void> {
  const rows = await installation.books.query(
    'payment',
    `select p.order_id, l.operation, count(*) as times from mock_gateway_ledger l join payments p on p.id = l.payment_id
     where l.outcome = 'succeeded' group by p.order_id, l.operation`,
  )
  const done = new Map<string, Map<string, number>>()
  for (const { order_id, operation, times } of rows) {
    const ofOrder = done.get(String(order_id)) ?? new Map<string, number>()
    done.set(String(order_id), ofOrder.set(String(operation), Number(times)))
  }
  for (const { order } of found.values()) {
    const times = (operation: string) => done.get(order.id)?.get(operation) ?? 0
    const seen = [...(done.get(order.id) ?? [])].map(([operation, count]) => `${operation} ${count}×`).join(', ')
    const once = times('authorize') <= 1 && times('capture') <= 1
    if (!once) journal.violation('charged twice', `order ${order.id} is ${order.state}, the gateway did ${seen}`)
    const isRight = moneyIsRight[order.state](times)
    if (!isRight)
      journal.violation('money at the gateway', `order ${order.id} is ${order.state}, the gateway did ${seen}`)
  }
}

async function examineFolders(
  { installation, shop, journal }: Evidence,
  found: Map<string, FoundOrder>,
): Promise<void> {
  for (const { user } of shop.customers) {
    const area = join(installation.cloudFolder, user.account, '.waybill')
    const entries = await readdir(area, { recursive: true, withFileTypes: true }).catch(() => [])
    const folders = new Set(entries.filter(entry => entry.isDirectory()).map(entry => entry.name))
    for (const { order } of found.values()) {
      if (order.user_id !== user.id) continue
      if (folders.delete(order.process_id) && order.state !== 'delivered') {
        journal.violation('left on disk', `process ${order.process_id} of cancelled order ${order.id}`)
      }
    }
    for (const folder of folders) journal.violation('left on disk', `${join(area, folder)} belongs to no order`)
    for (const entry of entries) {
      if (entry.isFile() && entry.name.endsWith('.part'))
        journal.violation('left on disk', join(entry.parentPath, entry.name))
    }
  }
}

/** What nobody has heard of, or could not make anything of. */
async function examineLeftovers({ installation, shop, journal }: Evidence): Promise<void> {
  for (const service of serviceNames) {
    const [waiting] = await installation.books.query(service, 'select count(*) as count from outbox')
    if (Number(waiting?.count) > 0) journal.violation('outbox', `${service}: ${waiting?.count} facts are not told`)
    const [kept] = await installation.books.query(
      service,
      'select count(*) as count, max(error) as error from dead_letters',
    )
    if (Number(kept?.count) > 0) journal.violation('dead letters', `${service}: ${kept?.count}, such as ${kept?.error}`)
  }
  for (const process of installation.processes) {
    const answer = await fetch(`${process.url}/readyz`)
    if (answer.status !== 200) journal.violation('not ready', `${process.name}: ${await answer.text()}`)
    const letters = await fetch(`${process.url}/dead-letters`, {
      headers: { Authorization: `Bearer ${shop.operator.token}` },
    })
    const { data } = (await letters.json()) as { data?: unknown[] }
    if (data?.length !== 0) journal.violation('dead letters', `${process.name}: ${JSON.stringify(data)}`)
  }
}

/** Around the run, clocks that were moved included. */
const auditedMilliseconds = 6 * 3_600_000

async function askForAudit({ shop, journal }: Evidence, orders: number): Promise<void> {
  const at = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString()
  const range = `since=${at(-auditedMilliseconds)}&until=${at(auditedMilliseconds)}`
  // It asks all services, and says so where one of them took too long.
  const { status, text, body } = await until(
    () => shop.operator.call<Audit>(`GET /audit?${range}`),
    answer => answer.status !== 503,
    30,
  )
  if (status !== 200) return journal.violation('audit', text)
  for (const { order_id, rule, detail } of body.data.violations)
    journal.violation(`audit: ${rule}`, `${order_id}: ${detail}`)
  if (body.data.checked < orders) journal.violation('audit', `it checked ${body.data.checked} of ${orders} orders`)
}
