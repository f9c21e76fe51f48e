// Batches of SQS and schedules: what is taken and what is not, what is done before the answer, and that nothing goes on behind it.
import { type AnyCloudEvent, eventCatalogue } from '@waybill/contracts'
import { newEvent } from '@waybill/platform/bus'
import type { Timer } from '@waybill/platform/db'
import { createLogger } from '@waybill/platform/log'
import { startService, type TestHost, until } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { containerOf } from '../src/lambda-container.ts'
import { createWorkerHandler, type WorkerHandler } from '../src/lambda-worker.ts'
import { contextOf, sqsEvent } from './lambda-events.ts'
import { type Mirror, mirrorService } from './mirror-service.ts'

let host: TestHost
let handle: WorkerHandler
let done: string[]
let ring: Mirror['ring']

beforeEach(async () => {
  done = []
  ring = async () => {}
  const create = mirrorService({ done, ring: (...call) => ring(...call) })
  host = await startService([create], { onDemand: true })
  handle = createWorkerHandler(containerOf(host, createLogger({ name: 'test', level: 'silent' })))
})
afterEach(() => host?.stop())

const queue = 'waybill-test-order'
function orderCreated(subject: string, amount = 100): AnyCloudEvent {
  const example = { order_id: subject, process_id: uuidv7(), user_id: uuidv7(), cloud: 'LOCAL', account: 'a' }
  const terms = { amount, currency: 'USD', payment_mode: 'now', gateway: null, payment_token: null } as const
  const event = newEvent(
    'order.created',
    subject,
    { ...example, items: [{ dataset: 'd', format: 'csv' }], ...terms },
    0,
  )
  expect(eventCatalogue['order.created'].schema.validate(event.data).error).toBeUndefined()
  return event
}
const rowsOf = (table: string) => host.query('order', `select * from ${table}`)
const schedule = (subject: string, inMilliseconds = 0) =>
  host.services[0]!.store.database.transaction(tx =>
    host.services[0]!.store.timers.schedule(tx, 'ring', subject, host.clock.now() + inMilliseconds),
  )

describe('a batch', () => {
  test('is answered when what its messages led to is done and published', async () => {
    const [a, b] = [uuidv7(), uuidv7()]
    expect(await handle(sqsEvent(queue, [orderCreated(a), orderCreated(b)]), contextOf(60_000))).toEqual({
      batchItemFailures: [],
    })
    expect(done.toSorted()).toEqual([a, b].toSorted())
    expect(host.broker.published.map(({ type }) => type)).toEqual(['order.delivered', 'order.delivered'])
    expect([await rowsOf('outbox'), await rowsOf('timers')]).toEqual([[], []])
  })

  test('that comes again is taken and handled once', async () => {
    const batch = sqsEvent(queue, [orderCreated(uuidv7())])
    for (let time = 0; time < 2; time++) {
      expect(await handle(batch, contextOf(60_000))).toEqual({ batchItemFailures: [] })
    }
    expect(done.length).toBe(1)
  })

  test('gives back what could be neither handled nor kept, and only that', async () => {
    const good = uuidv7()
    const store = host.services[0]!.store
    const records = sqsEvent(queue, [orderCreated(good)]).Records
    const others = sqsEvent('waybill-test-payment', [orderCreated(uuidv7())]).Records
    const Records = [...records, ...others.map(record => ({ ...record, messageId: 'not ours' }))]
    expect(await handle({ Records }, contextOf(60_000))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'not ours' }],
    })
    expect(done).toEqual([good])
    expect(await store.consumer.countDead()).toBe(0)
  })

  test('keeps what fails as a row that is tried again, and what SQS gave up as a dead letter', async () => {
    const answer = await handle(sqsEvent(queue, [orderCreated(uuidv7(), 13)]), contextOf(60_000))
    expect(answer).toEqual({ batchItemFailures: [] })
    expect(await host.services[0]!.store.consumer.countWaiting()).toBe(1)
    await handle(sqsEvent(`${queue}-dead`, [orderCreated(uuidv7())]), contextOf(60_000))
    expect(await host.services[0]!.store.consumer.countDead()).toBe(1)
    expect(done).toEqual([])
  })

  test('leaves work of others alone', async () => {
    await schedule('of another time')
    await handle(sqsEvent(queue, []), contextOf(60_000))
    expect(done).toEqual([])
  })
})

describe('a schedule', () => {
  test('does what is due and what falls due meanwhile, and publishes what was left behind', async () => {
    await schedule('now')
    await schedule('soon', 300)
    await schedule('later', 60_000)
    const left = orderCreated(uuidv7())
    await host.query('order', 'insert into outbox values (?, ?, ?)', left.id, JSON.stringify(left), Date.now() - 60_000)
    await handle({ work_due_for: '1500ms' }, contextOf(60_000))
    expect(done.filter(subject => subject !== left.subject)).toEqual(['now', 'soon'])
    expect(host.broker.published.map(({ id }) => id)).toContain(left.id)
    expect((await rowsOf('timers')).map(({ subject }) => subject)).toEqual(expect.arrayContaining(['later', 'order']))
  })

  test('never puts off housekeeping, however many containers come and go', async () => {
    await handle({ work_due_for: '50ms' }, contextOf(60_000))
    const dueAt = async () => (await rowsOf('timers')).find(({ kind }) => kind === 'housekeeping')?.due_at
    const first = await dueAt()
    host.clock.advance(60_000)
    await handle({ work_due_for: '50ms' }, contextOf(60_000))
    expect(await dueAt()).toBe(first)
  })

  test('that says nothing of the kind is refused', async () => {
    await expect(handle({} as never, contextOf(60_000))).rejects.toThrow('work_due_for')
  })
})

describe('between two invocations', () => {
  test('nothing is done, and what comes meanwhile is done by the next schedule', async () => {
    await handle({ work_due_for: '50ms' }, contextOf(60_000))
    await schedule('while frozen')
    host.clock.advance(5_000)
    await new Promise(resolve => setTimeout(resolve, 1_500))
    expect(done).toEqual([])
    await handle({ work_due_for: '200ms' }, contextOf(60_000))
    expect(done).toEqual(['while frozen'])
  })

  test('an invocation whose time runs out stops its work in good order, and the next goes on with it', async () => {
    const seen: string[] = []
    ring = async (subject: string, timer: Timer, stopping: AbortSignal) => {
      if (seen.push(subject) > 1) return
      await new Promise(resolve => stopping.addEventListener('abort', resolve, { once: true }))
      await timer.assertHeld()
      throw new Error('stopped at a checkpoint')
    }
    const context = contextOf(1_200)
    await handle(sqsEvent(queue, [orderCreated(uuidv7())]), context)
    expect(context.getRemainingTimeInMillis()).toBeGreaterThan(100)
    expect(seen.length).toBe(1)
    await until(
      () => handle({ work_due_for: '500ms' }, contextOf(60_000)).then(() => seen.length),
      times => times === 2,
    )
    expect(await rowsOf('outbox')).toEqual([])
  })
})
