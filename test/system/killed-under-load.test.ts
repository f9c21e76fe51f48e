// The real processes are killed under load, again and again, and started on the same data: nothing that was accepted is lost, the money is right.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Audit, Manifest, Order, Payment, Process } from '@waybill/contracts'
import { call, until } from '@waybill/platform/testing'
import { expect, onTestFinished, test } from 'vitest'
import { type Customer, newCustomer, password, signIn } from './customer.ts'
import { chosenTopology, deploy } from './deployment.ts'

/** Each starts every process anew, of which there are eight behind a load balancer. */
const rounds = chosenTopology === 'embedded' || process.env.TEST_LONG === 'yes' ? 4 : 2
/** How many orders are accepted at least before the first kill, and how many more before the last. */
const depth = { first: 20, more: 45 }
const atOnce = 12
/** What the mock gateway is told; undefined lets it decide at random. */
const tokens = ['tok_approve', 'tok_approve', 'tok_decline', 'tok_outage', 'tok_lost', undefined]
const datasets = ['airports', 'movies', 'weather', 'no-such-dataset']

interface Accepted {
  orderId: string
  processId: string
}

/** Orders without a pause until everything is gone; answers what was accepted. */
async function orderUntilKilled(customer: Customer, accepted: Accepted[], stop: () => boolean): Promise<void> {
  for (let turn = 0; !stop(); turn++) {
    const dataset = datasets[(turn + accepted.length) % datasets.length]!
    const token = tokens[(turn + accepted.length) % tokens.length]
    try {
      const { order } = await customer.order({
        items: [{ dataset, format: turn % 2 === 0 ? 'ndjson' : 'csv' }],
        payment: { token },
      })
      accepted.push({ orderId: order.id, processId: order.process_id })
      if (turn % 5 === 0) await customer.call(`POST /order/${order.id}/cancel`)
    } catch (error) {
      // The answer is lost with the process; what was not answered was not promised.
      if (!stop()) throw error
    }
  }
}

test('killed under load, nothing accepted is lost, every order ends and no money is taken for nothing', {
  timeout: 240_000,
}, async () => {
  const deployment = await deploy({ env: { OPERATOR_EMAIL: 'ops@example.com', OPERATOR_PASSWORD: password } })
  onTestFinished(deployment.remove)
  const { url, home } = deployment
  const accepted: Accepted[] = []
  let customer = await newCustomer(url)
  const { email } = customer.user
  for (let round = 0; round < rounds; round++) {
    const before = accepted.length
    let stopped = false
    const load = Array.from({ length: atOnce }, () => orderUntilKilled(customer, accepted, () => stopped))
    // Killed at another depth of the work each round, and never before there is some.
    await until(
      () => accepted.length,
      count => count >= before + depth.first + (depth.more * round) / (rounds - 1),
    )
    stopped = true
    await deployment.kill()
    await Promise.all(load)
    await deployment.start()
    customer = await signIn(url, email)
  }

  for (const { orderId, processId } of accepted) {
    const process = await customer.finished(processId, 40)
    const order = (await customer.call<Order>(`GET /order/${orderId}`)).body.data
    const payment = await until(
      () => customer.payment(orderId),
      ({ state }) => ['captured', 'voided', 'declined'].includes(state),
      40,
    )
    const story = `${orderId} ${order.state} ${order.cancel_reason} ${process.reason} ${payment.state}`
    if (order.state === 'delivered') await expectDelivered(customer, process, payment, story)
    else expectNothingTaken(order, process, payment, story)
  }
  const delivered = (await everyOrder(customer)).filter(order => order.state === 'delivered')
  expect(delivered.length).toBeGreaterThan(10)
  expect(await everyOrder(customer)).toHaveLength(new Set((await everyOrder(customer)).map(order => order.id)).size)
  await expectOnlyDeliveriesOnDisk(home, customer.user.account, delivered)

  const operator = await signIn(url, 'ops@example.com')
  const audit = (await operator.call<Audit>('GET /audit')).body.data
  expect(audit.violations).toEqual([])
  expect(audit.checked).toBeGreaterThanOrEqual(accepted.length)
  for (const service of deployment.serviceUrls) {
    const { body } = await call<unknown[]>(service, 'GET /dead-letters', { token: operator.token })
    expect(body.data).toEqual([])
  }
  await deployment.stop()
})

async function expectDelivered(customer: Customer, process: Process, payment: Payment, story: string): Promise<void> {
  expect(process, story).toMatchObject({ status: 1, percentage: 100 })
  expect(payment.state, story).toBe('captured')
  const succeeded = payment.attempts
    .filter(attempt => attempt.outcome === 'succeeded')
    .map(attempt => attempt.operation)
  expect(succeeded, story).toEqual(['authorize', 'capture'])
  const manifest = (await customer.call<Manifest>(`GET /data/manifest?process_id=${process.process_id}`)).body.data
  const [file] = manifest.files
  const accept = file!.format === 'csv' ? 'text/csv' : 'application/x-ndjson'
  const { status, text } = await customer.call(`GET /data?process_id=${process.process_id}`, {
    headers: { Accept: accept },
  })
  expect(status, story).toBe(200)
  expect(Buffer.byteLength(text), story).toBe(file!.bytes)
}

function expectNothingTaken(order: Order, process: Process, payment: Payment, story: string): void {
  expect(order.state, story).toBe('cancelled')
  expect(process.status, story).toBe(2)
  expect(process.percentage, story).toBeLessThan(100)
  expect(['voided', 'declined'], story).toContain(payment.state)
}

async function everyOrder(customer: Customer): Promise<Order[]> {
  const orders: Order[] = []
  let cursor: string | null | undefined
  do {
    const page = await customer.call<Order[]>(`GET /orders?limit=100${cursor ? `&cursor=${cursor}` : ''}`)
    orders.push(...page.body.data)
    cursor = page.body.page?.next_cursor
  } while (cursor)
  return orders
}

async function expectOnlyDeliveriesOnDisk(home: string, account: string, delivered: Order[]): Promise<void> {
  const area = join(home, 'clouds', 'local', account, '.waybill')
  const found = await until(
    () => readdir(area),
    folders => folders.length === delivered.length,
  )
  expect(found.sort()).toEqual(delivered.map(order => order.process_id).sort())
}
