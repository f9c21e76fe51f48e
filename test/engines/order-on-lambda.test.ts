// The whole system as Lambda functions and nothing else: from the stack that is deployed, through AWS's runtime client, on MySQL, SNS and SQS.
import type { Payment, Process } from '@waybill/contracts'
import { until } from '@waybill/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Customer, newCustomer, signIn } from '../system/customer.ts'
import { makeDatabases } from '../system/deployment.ts'
import { deployOnLambda, type LambdaDeployment } from '../system/lambda-deployment.ts'

let lambda: LambdaDeployment
let customer: Customer

beforeAll(async () => {
  lambda = await deployOnLambda({ makeDatabases })
  customer = await newCustomer(lambda.url)
})
afterAll(() => lambda?.remove())

/** With a schedule that comes sooner than every minute. */
const finishedByTicks = async (processId: string): Promise<Process> => {
  await until(
    async () => {
      await lambda.tick()
      return (await customer.call<Process>(`GET /process/${processId}`)).body.data
    },
    ({ status }) => status !== 0,
    50,
  )
  return customer.finished(processId)
}
const order = (token: string, mode = 'now') =>
  customer.order({
    items: [{ dataset: 'airports' }, { dataset: 'movies', format: 'csv' }],
    payment: { token, mode },
  })

test('an order goes from POST to delivered by invocations alone, without any schedule', async () => {
  const { order: placed, process } = await order('tok_approve')
  expect(await customer.finished(process.process_id)).toMatchObject({ status: 1, percentage: 100, state: 'success' })
  const paid = await until(
    () => customer.payment(placed.id),
    ({ state }) => state === 'captured',
  )
  expect(paid.verdict).toBe('confirmed')
  const { body } = await customer.call<{ files: { dataset: string; bytes: number }[] }>(
    `GET /data/manifest?process_id=${process.process_id}`,
  )
  for (const { dataset, bytes } of body.data.files) {
    const accept = dataset === 'airports' ? 'application/x-ndjson' : 'text/csv'
    const path = `GET /data?process_id=${process.process_id}&dataset=${dataset}`
    const file = await customer.call(path, { headers: { Accept: accept } })
    expect([file.status, Buffer.byteLength(file.text)]).toEqual([200, bytes])
  }
})

test('a stream of events ends with the final one', async () => {
  const { process } = await order('tok_approve')
  const { text } = await customer.call(`GET /process/${process.process_id}`, {
    headers: { Accept: 'text/event-stream' },
  })
  const events = [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!))
  expect(events.at(-1)).toMatchObject({ status: 1, percentage: 100 })
})

test('a payment made later is worked on in the request that makes it', async () => {
  const { order: placed, process } = await order('tok_approve', 'later')
  await until(
    () => customer.payment(placed.id),
    ({ state }) => state === 'pending',
  )
  const { status } = await customer.call('POST /payment', { body: { order_id: placed.id, token: 'tok_approve' } })
  expect(status).toBe(202)
  expect((await customer.payment(placed.id)).state).not.toBe('pending')
  expect((await customer.finished(process.process_id)).state).toBe('success')
})

test('what is to be tried again later is done by the schedules', async () => {
  const { order: placed, process } = await order('tok_outage')
  const tried = await until(
    () => customer.payment(placed.id),
    ({ attempts }) => attempts?.length > 0,
  )
  expect(tried.verdict).toBeNull()
  expect((await finishedByTicks(process.process_id)).state).toBe('success')
})

test('a kill of every container loses nothing', async () => {
  const placed = await Promise.all([order('tok_approve'), order('tok_approve'), order('tok_decline')])
  await lambda.kill()
  const ended = await Promise.all(placed.map(({ process }) => finishedByTicks(process.process_id)))
  expect(ended.map(({ state }) => state)).toEqual(['success', 'success', 'failure'])
})

test('the audit finds nothing wrong, and every container ends in good order', async () => {
  const operator = await signIn(lambda.url, 'operator@dev.waybill.example')
  await until(
    async () => (await customer.call<Payment[]>('GET /payments')).body.data,
    payments => payments.filter(({ state }) => state === 'captured').length === 6,
  )
  const { status, body } = await operator.call<{ checked: number; violations: unknown[] }>('GET /audit')
  expect([status, body.data.violations]).toEqual([200, []])
  expect(body.data.checked).toBeGreaterThan(5)
  await lambda.stop()
})
