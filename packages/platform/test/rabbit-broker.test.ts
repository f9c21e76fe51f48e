// RabbitMQ as it behaves in a bad week: connections break, the broker is away, queues are deleted, messages kill who takes them.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readWaybillSettings } from '@waybill/contracts/settings'
import { type Channel, type ChannelModel, connect } from 'amqplib'
import { uuidv7 } from 'uuidv7'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Broker, createBroker, type EventHandlers, type Subscriber } from '../src/bus/index.ts'
import { createMetrics } from '../src/metrics/index.ts'
import { hostServices } from '../src/service/index.ts'
import {
  call,
  createTestVhost,
  findMissingEngines,
  startTcpProxy,
  type TcpProxy,
  type TestVhost,
  until,
} from '../src/testing/index.ts'
import { orderCreated, orderDelivered, remember, rememberingLog } from './broker-events.ts'
import { type EchoService, echoService, type NoteTables } from './echo-service.ts'

const missing = (await findMissingEngines()).filter(line => line.startsWith('RabbitMQ'))
if (missing.length > 0) process.stderr.write(`SKIPPED, the suite of the RabbitMQ broker: ${missing.join('; ')}\n`)

describe.skipIf(missing.length > 0)('RabbitMQ', () => {
  let vhost: TestVhost
  let proxy: TcpProxy
  let logged: ReturnType<typeof rememberingLog>
  const brokers: Broker[] = []
  /** A client of its own, to look at queues and to do to them what an operator may do. */
  let model: ChannelModel
  let amqp: Channel

  beforeAll(async () => {
    vhost = await createTestVhost()
    const { hostname, port } = new URL(vhost.url)
    proxy = await startTcpProxy({ host: hostname, port: Number(port || 5672) })
    model = await connect(vhost.url)
  })
  beforeEach(async () => {
    logged = rememberingLog()
    amqp = await model.createChannel()
    amqp.on('error', () => {})
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    proxy.release()
    await proxy.accept()
    await Promise.all(brokers.splice(0).map(broker => broker.close()))
    for (const service of ['order', 'payment', 'data']) {
      for (const queue of [`waybill.${service}`, `waybill.${service}.dead`]) await amqp.deleteQueue(queue)
    }
    await amqp.close()
  })
  afterAll(async () => {
    await model?.close()
    await proxy?.stop()
    await vhost?.drop()
  })

  const throughProxy = (url = vhost.url) => {
    const target = new URL(url)
    target.host = `127.0.0.1:${proxy.port}`
    return target.href
  }
  async function create(url: string, subscribers: Record<string, Subscriber> = {}): Promise<Broker> {
    const broker = await createBroker(url, { log: logged.log, name: 'test' })
    brokers.push(broker)
    const types = { payment: ['order.created'], data: ['order.delivered'], order: ['payment.authorized'] } as const
    for (const [service, subscriber] of Object.entries(subscribers)) {
      broker.subscribe(service, [...types[service as keyof typeof types]], subscriber)
    }
    return broker
  }
  async function start(url: string, subscribers: Record<string, Subscriber> = {}): Promise<Broker> {
    const broker = await create(url, subscribers)
    await broker.start()
    return broker
  }
  const isUp = (broker: Broker) =>
    broker.ping().then(
      () => true,
      () => false,
    )
  const reachable = (broker: Broker) =>
    until(
      () => isUp(broker),
      up => up,
    )
  const away = (broker: Broker) =>
    until(
      () => isUp(broker),
      up => !up,
    )
  const ready = async (queue: string) => (await amqp.checkQueue(queue)).messageCount

  test('queues of all services stand before their services ever ran, and keep what is published meanwhile', async () => {
    const producer = await start(vhost.url)
    const event = orderDelivered()
    await producer.publish(event)
    const [payment, data] = [remember(), remember()]
    await start(vhost.url, { payment, data })
    await until(
      () => payment.came.length + data.came.length,
      came => came === 2,
    )
    expect([...payment.came, ...data.came]).toEqual([event, event])
  })

  test('queues are durable quorum queues that give up to a dead queue, at least once', async () => {
    await start(vhost.url)
    const limited = { 'x-queue-type': 'quorum', 'x-delivery-limit': 50 }
    const toDeadQueue = {
      'x-dead-letter-exchange': 'waybill.dead',
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    }
    for (const service of ['order', 'payment', 'data']) {
      const key = { 'x-dead-letter-routing-key': `waybill.${service}` }
      // A declaration that differs in anything is refused.
      await amqp.assertQueue(`waybill.${service}`, { durable: true, arguments: { ...limited, ...toDeadQueue, ...key } })
      await amqp.assertQueue(`waybill.${service}.dead`, {
        durable: true,
        arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 1_000_000 },
      })
    }
    await amqp.assertExchange('waybill.events', 'topic', { durable: true })
  })

  test('a service cannot subscribe to what the catalogue does not give to it', async () => {
    const broker = await create(vhost.url)
    expect(() => broker.subscribe('payment', ['order.created', 'user.changed'], remember())).toThrow(
      'eventCatalogue does not name payment as a consumer of user.changed',
    )
  })

  test('a message is persistent, and says what it is', async () => {
    const broker = await start(vhost.url)
    const event = orderCreated()
    await broker.publish(event)
    const message = await amqp.get('waybill.payment')
    if (message === false) throw new Error('nothing came')
    expect(message.properties).toMatchObject({
      deliveryMode: 2,
      messageId: event.id,
      type: 'order.created',
      contentType: 'application/cloudevents+json',
    })
    expect(JSON.parse(message.content.toString())).toEqual(event)
    amqp.ack(message)
  })

  test('two processes share the messages of a queue, each message goes to one of them', async () => {
    const [one, other] = [remember(), remember()]
    await start(vhost.url, { payment: one })
    const broker = await start(vhost.url, { payment: other })
    const events = Array.from({ length: 300 }, orderCreated)
    await Promise.all(events.map(event => broker.publish(event)))
    await until(
      () => one.came.length + other.came.length,
      came => came >= events.length,
    )
    expect([...one.ids(), ...other.ids()].toSorted()).toEqual(events.map(({ id }) => id).toSorted())
    expect(Math.min(one.came.length, other.came.length)).toBeGreaterThan(50)
  })

  test('messages that are taken together are acknowledged together', async () => {
    const acknowledge = vi.spyOn(Object.getPrototypeOf(amqp), 'ack')
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    const payment = remember(() => gate)
    const broker = await start(vhost.url, { payment })
    await Promise.all(Array.from({ length: 150 }, () => broker.publish(orderCreated())))
    await until(
      () => payment.came.length,
      came => came === 150,
    )
    open()
    await broker.close()
    expect(acknowledge.mock.calls).toHaveLength(1)
    expect(await ready('waybill.payment')).toBe(0)
  })

  test('no more than 200 messages are handed to a process that does not finish them; they come again elsewhere', async () => {
    const payment = remember(() => new Promise(() => {}))
    const broker = await start(throughProxy(), { payment })
    const producer = await start(vhost.url)
    const events = Array.from({ length: 250 }, orderCreated)
    await Promise.all(events.map(event => producer.publish(event)))
    await until(
      () => payment.came.length,
      came => came === 200,
    )
    await until(
      () => ready('waybill.payment'),
      waiting => waiting === 50,
    )
    await proxy.refuse()
    await away(broker)
    const taking = remember()
    await start(vhost.url, { payment: taking })
    await until(
      () => new Set(taking.ids()).size,
      came => came === 250,
    )
  })

  test('what cannot be taken waits and is handed over again, without a loop through the broker', async () => {
    let down = true
    const payment = remember(async () => {
      if (down) throw new Error('the database is down')
    })
    const broker = await start(vhost.url, { payment })
    const event = orderCreated()
    await broker.publish(event)
    await until(
      () => payment.came.length,
      came => came === 3,
    )
    down = false
    await until(
      () => payment.came.length,
      came => came === 4,
    )
    await broker.close()
    expect(await ready('waybill.payment')).toBe(0)
    expect(payment.came).toEqual([event, event, event, event])
    const lines = logged.lines.filter(({ queue }) => queue === 'waybill.payment').map(({ msg }) => msg)
    expect(lines).toEqual(['messages cannot be taken, they wait and are tried again', 'messages are taken again'])
  })

  test('a message that is no JSON is handed over as it is', async () => {
    const payment = remember()
    await start(vhost.url, { payment })
    amqp.publish('waybill.events', 'order.created', Buffer.from('{ rubbish'))
    await until(
      () => payment.came.length,
      came => came === 1,
    )
    expect(payment.came).toEqual(['{ rubbish'])
  })

  test('a connection that is cut while publishing loses nothing: each publish is confirmed or rejected, and then taken again', async () => {
    const payment = remember()
    await start(vhost.url, { payment })
    const broker = await start(throughProxy())
    const events = Array.from({ length: 2_000 }, orderCreated)
    let confirmed = 0
    const outcomes = await Promise.allSettled(
      events.map(async event => {
        await broker.publish(event)
        confirmed += 1
        if (confirmed === 300) proxy.cut()
      }),
    )
    const rejected = events.filter((_, index) => outcomes[index]!.status === 'rejected')
    expect(rejected.length).toBeGreaterThan(0)
    expect(rejected.length).toBeLessThan(events.length)
    await reachable(broker)
    await Promise.all(rejected.map(event => broker.publish(event)))
    await until(
      () => new Set(payment.ids()).size,
      came => came === events.length,
    )
  })

  test('a connection that is cut while consuming loses nothing, and what is finished late is not acknowledged in the name of another', async () => {
    const finish: (() => void)[] = []
    const payment = remember(() => new Promise(resolve => finish.push(resolve)))
    const broker = await start(throughProxy(), { payment })
    const event = orderCreated()
    await broker.publish(event)
    for (const times of [1, 2]) {
      await until(
        () => payment.came.length,
        came => came === times,
      )
      proxy.cut()
      await away(broker)
    }
    await until(
      () => payment.came.length,
      came => came === 3,
    )
    // Both are deliveries of channels that are gone; the third is under way and has the same tag as they had.
    finish[0]!()
    finish[1]!()
    await reachable(broker)
    proxy.cut()
    await until(
      () => payment.came.length,
      came => came === 4,
    )
    finish[3]!()
    await broker.close()
    expect(await ready('waybill.payment')).toBe(0)
    expect(new Set(payment.ids())).toEqual(new Set([event.id]))
  })

  test('twenty broken connections leave nothing behind', async () => {
    const warnings: Error[] = []
    const warn = (warning: Error) => warnings.push(warning)
    process.on('warning', warn)
    let down = true
    const payment = remember(async () => {
      if (down) throw new Error('the database is down')
    })
    const broker = await create(throughProxy(), { payment })
    broker.listen(['user.changed'], () => {})
    await broker.start()
    await broker.publish(orderCreated())
    const resources = () => process.getActiveResourcesInfo().filter(name => name !== 'Immediate').length
    const before = resources()
    for (let time = 0; time < 20; time += 1) {
      proxy.cut()
      await away(broker)
      await reachable(broker)
    }
    expect(proxy.connections).toBe(1)
    // Twenty times the message was handed over and waited to be tried again: all but the last have ended.
    await until(resources, now => now <= before + 2)
    down = false
    const taken = payment.came.length
    await until(
      () => payment.came.length,
      came => came > taken,
    )
    await broker.close()
    expect(await ready('waybill.payment')).toBe(0)
    process.off('warning', warn)
    expect(warnings).toEqual([])
  })

  test('a message that no queue takes is rejected, and the queues are made again', async () => {
    const broker = await start(vhost.url)
    await amqp.deleteQueue('waybill.payment')
    await expect(broker.publish(orderCreated())).rejects.toThrow('no queue wants "order.created"')
    await until(
      () =>
        broker.publish(orderCreated()).then(
          () => true,
          () => false,
        ),
      taken => taken,
    )
    expect(await ready('waybill.payment')).toBe(1)
  })

  test('an event of a type that this version does not know is rejected as long as no queue takes it', async () => {
    const broker = await start(vhost.url)
    const event = { ...orderCreated(), type: 'order.archived' } as never
    await expect(broker.publish(event)).rejects.toThrow('no queue wants "order.archived"')
    await amqp.bindQueue('waybill.data', 'waybill.events', 'order.archived')
    await broker.publish(event)
    expect(await ready('waybill.data')).toBe(1)
  })

  test('a queue that is deleted under its consumer is made again, and consumed', async () => {
    const payment = remember()
    const broker = await start(vhost.url, { payment })
    await amqp.deleteQueue('waybill.payment')
    await away(broker)
    await reachable(broker)
    await broker.publish(orderCreated())
    await until(
      () => payment.came.length,
      came => came === 1,
    )
  })

  test('an exchange that is deleted is made again, with all that is bound to it', async () => {
    const payment = remember()
    const broker = await start(vhost.url, { payment })
    await amqp.deleteExchange('waybill.events')
    await expect(broker.publish(orderCreated())).rejects.toThrow('channel closed')
    await reachable(broker)
    await broker.publish(orderCreated())
    await until(
      () => payment.came.length,
      came => came === 1,
    )
  })

  test('a broker that hangs without breaking the connection is left, and found again', async () => {
    const payment = remember()
    const broker = await start(`${throughProxy()}?heartbeat=1`, { payment })
    proxy.hold()
    // Whichever of the two misses the heartbeats first.
    await until(
      () => logged.lines.map(({ msg }) => String(msg)),
      lines => lines.some(line => line.startsWith('the broker is out of reach')),
    )
    await expect(broker.publish(orderCreated())).rejects.toThrow('the connection to the broker was lost')
    proxy.release()
    await reachable(broker)
    await broker.publish(orderCreated())
    await until(
      () => payment.came.length,
      came => came === 1,
    )
  })

  test('a process that stops does not wait for a broker that hangs', async () => {
    const broker = await start(throughProxy(), { payment: remember() })
    proxy.hold()
    const began = performance.now()
    await broker.close()
    expect(performance.now() - began).toBeLessThan(6_000)
  })

  test('a message that is handed out again and again and never taken is buried', async () => {
    const broker = await start(vhost.url)
    const event = orderCreated()
    await broker.publish(event)
    let handedOut = 0
    await amqp.consume('waybill.payment', message => {
      handedOut += 1
      if (message) amqp.nack(message)
    })
    await until(
      () => ready('waybill.payment.dead'),
      dead => dead === 1,
    )
    expect(handedOut).toBe(51)
    const payment = remember()
    await start(vhost.url, { payment })
    await until(
      () => payment.buried.length,
      buried => buried === 1,
    )
    expect(payment.buried).toEqual([event])
    expect(payment.came).toEqual([])
  })

  test('stopping waits for what is under way, acknowledges it, and gives the rest back; publishing goes on', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    let refused = 0
    const payment = remember(async ({ id }) => {
      if (id === slow.id) return gate
      refused += 1
      throw new Error('the database is down')
    })
    const [slow, never] = [orderCreated(), orderCreated()]
    const broker = await start(vhost.url, { payment })
    await broker.publish(slow)
    await broker.publish(never)
    await until(
      () => refused,
      times => times > 0,
    )
    let stopped = false
    const stopping = broker.stopConsuming().then(() => {
      stopped = true
    })
    const late = Array.from({ length: 20 }, orderCreated)
    for (const event of late) await broker.publish(event)
    expect(stopped).toBe(false)
    open()
    await stopping
    await broker.publish(orderCreated())
    await until(
      () => ready('waybill.payment'),
      left => left === late.length + 2,
    )
    const first = await amqp.get('waybill.payment')
    expect(first !== false && first.properties.messageId).toBe(never.id)
  })

  test('a broker that is away at the start delays nothing: it is said once, without the password, and found when it is there', async () => {
    await proxy.refuse()
    const secret = new URL(throughProxy())
    const payment = remember()
    const broker = await create(secret.href, { payment })
    const began = performance.now()
    await broker.start()
    expect(performance.now() - began).toBeLessThan(3_000)
    await expect(broker.ping()).rejects.toThrow('not connected')
    await expect(broker.publish(orderCreated())).rejects.toThrow('not connected')
    await proxy.accept()
    await reachable(broker)
    await broker.publish(orderCreated())
    await until(
      () => payment.came.length,
      came => came === 1,
    )
    expect(logged.lines.map(({ msg }) => msg)).toEqual([
      'the broker is out of reach; facts wait in the databases, connecting goes on',
      'the broker is connected',
    ])
    expect(logged.text()).not.toContain(`:${secret.password}@`)
    expect(logged.lines[0]).toMatchObject({
      broker: `127.0.0.1:${proxy.port}${new URL(vhost.url).pathname}`,
      reason: expect.stringContaining('ECONNREFUSED'),
    })
  })

  test.each([
    ['a wrong password', { password: 'wrong-secret' }, 'ACCESS_REFUSED'],
    ['a virtual host that is not there', { pathname: '/nobody-made-this' }, 'the virtual host is not there'],
  ])('%s is said in the log, and the process starts all the same', async (_, wrong, reason) => {
    const broker = await start(Object.assign(new URL(vhost.url), wrong).href)
    await expect(broker.ping()).rejects.toThrow('not connected')
    expect(logged.lines).toHaveLength(1)
    expect(logged.lines[0]).toMatchObject({ reason: expect.stringContaining(reason) })
    expect(logged.text()).not.toContain('wrong-secret')
  })

  test('a broker that does not confirm for ten seconds is not waited for', async () => {
    const broker = await start(throughProxy())
    await broker.publish(orderCreated())
    proxy.hold()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    try {
      const outcome = broker.publish(orderCreated()).then(
        () => 'confirmed',
        (error: Error) => error.message,
      )
      await vi.advanceTimersByTimeAsync(9_000)
      expect(await Promise.race([outcome, 'waiting'])).toBe('waiting')
      await vi.advanceTimersByTimeAsync(3_000)
      expect(await outcome).toBe('the broker did not confirm within 10 s')
    } finally {
      vi.useRealTimers()
    }
    proxy.release()
    await broker.publish(orderCreated())
  })

  test('a broker that is short of memory or disk takes nothing, says why, and is asked again when it has room', async () => {
    const broker = await start(throughProxy())
    // connection.blocked and connection.unblocked as the broker sends them: class 10, methods 60 and 61, on channel 0.
    proxy.say(Buffer.from([1, 0, 0, 0, 0, 0, 13, 0, 10, 0, 60, 8, ...Buffer.from('low disk'), 0xce]))
    await away(broker)
    await expect(broker.ping()).rejects.toThrow('low disk')
    await expect(broker.publish(orderCreated())).rejects.toThrow('low disk')
    proxy.say(Buffer.from([1, 0, 0, 0, 0, 0, 4, 0, 10, 0, 61, 0xce]))
    await reachable(broker)
    await broker.publish(orderCreated())
  })

  test('more messages at once than a connection takes are all published, in their order', async () => {
    const broker = await start(vhost.url)
    const long = { requestid: 'r'.repeat(5_000) }
    const events = Array.from({ length: 4_000 }, () => ({ ...orderCreated(), ...long }))
    await Promise.all(events.map(event => broker.publish(event)))
    expect(await ready('waybill.payment')).toBe(events.length)
    const first = await amqp.get('waybill.payment', { noAck: true })
    expect(first !== false && first.properties.messageId).toBe(events[0]!.id)
  })

  test('messages are counted by what became of them', async () => {
    const metrics = createMetrics()
    const broker = await createBroker(vhost.url, { log: logged.log, name: 'test', metrics })
    brokers.push(broker)
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    const payment = remember(() => gate)
    broker.subscribe('payment', ['order.created'], payment)
    const shown = async (line: string) => (await metrics.registry.metrics()).split('\n').includes(line)
    expect(await shown('waybill_broker_connected 0')).toBe(true)
    await broker.start()
    await amqp.deleteQueue('waybill.data')
    await broker.publish(orderCreated())
    await until(
      () => payment.came.length,
      came => came === 1,
    )
    expect(await shown('waybill_broker_connected 1')).toBe(true)
    expect(await shown('waybill_broker_blocked 0')).toBe(true)
    expect(await shown('waybill_broker_unacknowledged 1')).toBe(true)
    // The one who reads remembers for a moment that nothing was there.
    await until(
      () => shown('waybill_broker_queue_messages{service="payment"} 0'),
      is => is,
    )
    expect(await shown('waybill_broker_messages_total{outcome="published"} 1')).toBe(true)
    expect(await shown('waybill_broker_messages_total{outcome="confirmed"} 1')).toBe(true)
    expect(await shown('waybill_broker_messages_total{outcome="consumed"} 1')).toBe(true)
    open()
    await until(
      () => shown('waybill_broker_unacknowledged 0'),
      is => is,
    )
    await broker.stopConsuming()
    await Promise.all([broker.publish(orderCreated()), broker.publish(orderCreated())])
    await until(
      () => shown('waybill_broker_queue_messages{service="payment"} 2'),
      is => is,
    )
  })

  test('a process whose broker is away serves, says so in /readyz, loses no fact, and catches up', async () => {
    await proxy.refuse()
    const home = await mkdtemp(join(tmpdir(), 'waybill-test-'))
    const settings = readWaybillSettings({
      PORT: '0',
      WAYBILL_HOME: home,
      WAYBILL_SERVICES: 'order',
      USER_SERVICE_URL: 'http://127.0.0.1:9',
      BROKER_URL: throughProxy(),
      LOG_LEVEL: 'silent',
    })
    let echo: EchoService | undefined
    const handlers: EventHandlers<NoteTables> = {
      'payment.authorized': async (tx, event) => {
        await tx.insertInto('notes').values({ id: uuidv7(), text: event.data.payment_id }).execute()
      },
    }
    const create = echoService((service, { broker }) => {
      echo = service
      service.plumbing.consumer.subscribe(broker, handlers)
    })
    const host = await hostServices({ settings, secretKey: randomBytes(32), create: [create], drainMilliseconds: 0 })
    try {
      const readiness = async () => JSON.parse((await call(host.url, 'GET /readyz')).text)
      expect((await call(host.url, 'GET /notes/latest')).status).toBe(200)
      expect((await call(host.url, 'GET /readyz')).status).toBe(503)
      expect(await readiness()).toEqual({
        status: 'not_ready',
        dependencies: { database: { status: 'up' }, broker: { status: 'down' } },
      })
      const fact = { payment_id: uuidv7(), order_id: uuidv7(), user_id: uuidv7(), amount: 1, currency: 'USD' }
      await echo!.notes.transaction(tx => echo!.plumbing.outbox.add(tx, 'payment.authorized', fact.payment_id, fact))
      await proxy.accept()
      const notes = () => echo!.notes.db.selectFrom('notes').select('text').execute()
      await until(notes, seen => seen.some(({ text }) => text === fact.payment_id), 15)
      expect(await readiness()).toMatchObject({ status: 'ready', dependencies: { broker: { status: 'up' } } })
    } finally {
      await host.stop()
      await rm(home, { recursive: true, force: true })
    }
  })
})

test('the URL of a broker is checked, and never shown', () => {
  for (const url of ['amqp://h', 'amqp://u:p@h:5672/v', 'amqps://u:p@h', 'amqp://u:p@[::1]:5672/%2f', 'memory:']) {
    expect(readWaybillSettings({ BROKER_URL: url }).BROKER_URL).toBe(url)
  }
  for (const url of ['http://u:secret-word@h', 'amqp://u:secret-word@', 'amqp://u:secret-word@h/a/b', 'memory']) {
    const read = () => readWaybillSettings({ BROKER_URL: url })
    expect(read).toThrow('BROKER_URL must be memory:, amqp(s)://user:password@host:5672/vhost or sns://region/prefix')
    expect(read).not.toThrow('secret-word')
  }
})
