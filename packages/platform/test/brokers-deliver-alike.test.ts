// What every broker promises, held against each of them: the one of a single process, SNS and SQS, and RabbitMQ where it answers.
import type { AnyCloudEvent } from '@waybill/contracts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Broker, createBroker } from '../src/bus/index.ts'
import {
  createTestVhost,
  type FakeAws,
  fakeAwsUrl,
  findMissingEngines,
  startFakeAws,
  type TestVhost,
  until,
} from '../src/testing/index.ts'
import { orderCreated, orderDelivered, paymentVoided, remember, rememberingLog, userChanged } from './broker-events.ts'

const missing = (await findMissingEngines()).filter(line => line.startsWith('RabbitMQ'))
if (missing.length > 0) process.stderr.write(`SKIPPED, the broker suite on RabbitMQ: ${missing.join('; ')}\n`)

const brokers = [
  { name: 'memory', skip: false },
  { name: 'SNS and SQS', skip: false },
  { name: 'RabbitMQ', skip: missing.length > 0 },
]

for (const { name, skip } of brokers) {
  describe.skipIf(skip)(`${name}:`, () => {
    let vhost: TestVhost | undefined
    let aws: FakeAws | undefined
    let broker: Broker
    beforeAll(async () => {
      if (name === 'RabbitMQ') vhost = await createTestVhost()
      if (name === 'SNS and SQS') aws = await startFakeAws()
    })
    afterEach(() => broker.close())
    afterAll(async () => {
      await vhost?.drop()
      await aws?.stop()
    })

    async function create(): Promise<Broker> {
      const url = vhost?.url ?? (aws ? fakeAwsUrl('alike') : 'memory:')
      broker = await createBroker(url, { log: rememberingLog().log, name: 'test', aws: aws?.optionsAt(aws.port) })
      return broker
    }

    test('an event reaches every service that wants it once, and no other', async () => {
      const [order, payment, data] = [remember(), remember(), remember()]
      await create()
      broker.subscribe('order', ['payment.authorized'], order)
      broker.subscribe('payment', ['order.created', 'order.delivered'], payment)
      broker.subscribe('data', ['order.delivered'], data)
      await broker.start()
      const [created, delivered] = [orderCreated(), orderDelivered()]
      await broker.publish(created)
      await broker.publish(delivered)
      await until(
        () => payment.came.length + data.came.length,
        came => came >= 3,
      )
      expect(payment.came.toSorted(byId)).toEqual([created, delivered].toSorted(byId))
      expect(data.came).toEqual([delivered])
      expect(order.came).toEqual([])
      expect(payment.buried).toEqual([])
    })

    test('an event that nobody wants is published all the same', async () => {
      await create()
      await broker.start()
      await broker.publish(paymentVoided())
    })

    test('who listens hears every event of its types', async () => {
      await create()
      const heard: AnyCloudEvent[] = []
      broker.listen(['user.changed', 'session.revoked'], event => {
        heard.push(event)
      })
      await broker.start()
      const events = [userChanged(), userChanged()]
      for (const event of [events[0]!, paymentVoided(), events[1]!]) await broker.publish(event)
      await until(
        () => heard.length,
        count => count >= 2,
      )
      expect(heard).toEqual(events)
    })

    test('messages are handed over side by side, not one after the other', async () => {
      await create()
      let release = () => {}
      const gate = new Promise<void>(resolve => {
        release = resolve
      })
      const payment = remember(() => gate)
      broker.subscribe('payment', ['order.created'], payment)
      await broker.start()
      const published = Promise.all(Array.from({ length: 100 }, () => broker.publish(orderCreated())))
      await until(
        () => payment.came.length,
        count => count === 100,
      )
      release()
      await published
    })

    test('ping answers while it stands; both ends may be closed twice', async () => {
      await create()
      await broker.start()
      await broker.ping()
      await broker.stopConsuming()
      await broker.stopConsuming()
      await broker.close()
      await broker.close()
    })
  })
}

function byId(a: AnyCloudEvent, b: AnyCloudEvent): number {
  return a.id < b.id ? -1 : 1
}
