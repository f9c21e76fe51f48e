// SNS and SQS as they behave in a bad week: AWS is away or hangs, queues are deleted, messages kill who takes them, rights are missing.
import { SNSClient } from '@aws-sdk/client-sns'
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { readWaybillSettings } from '@waybill/contracts/settings'
import { uuidv7 } from 'uuidv7'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Broker, type BrokerOptions, createBroker, deliverBatch, type Subscriber } from '../src/bus/index.ts'
import { createMetrics } from '../src/metrics/index.ts'
import { type FakeAws, fakeAwsUrl, startFakeAws, startTcpProxy, type TcpProxy, until } from '../src/testing/index.ts'
import { orderCreated, orderDelivered, paymentVoided, remember, rememberingLog, userChanged } from './broker-events.ts'

let aws: FakeAws
let proxy: TcpProxy
/** A client of its own, to look at queues and to do to them what an operator may do. */
let sqs: SQSClient
let logged: ReturnType<typeof rememberingLog>
let prefix: string
const brokers: Broker[] = []

beforeAll(async () => {
  aws = await startFakeAws()
  proxy = await startTcpProxy({ host: '127.0.0.1', port: aws.port })
  const { region, sqsEndpoint, credentials } = aws.optionsAt(aws.port)
  sqs = new SQSClient({ region, endpoint: sqsEndpoint, credentials })
})
beforeEach(() => {
  logged = rememberingLog()
  prefix = `t${uuidv7().slice(-12)}`
})
afterEach(async () => {
  vi.restoreAllMocks()
  proxy.release()
  await proxy.accept()
  await Promise.all(brokers.splice(0).map(broker => broker.close()))
})
afterAll(async () => {
  await proxy.stop()
  await aws.stop()
})

type Subscribers = Record<string, Subscriber>
async function create(subscribers: Subscribers = {}, options: Partial<BrokerOptions> = {}): Promise<Broker> {
  const broker = await createBroker(fakeAwsUrl(prefix), {
    ...{ log: logged.log, name: 'test', aws: aws.optionsAt(aws.port) },
    ...options,
  })
  brokers.push(broker)
  const types = { payment: ['order.created'], data: ['order.delivered'], order: ['payment.authorized'] } as const
  for (const [service, subscriber] of Object.entries(subscribers)) {
    broker.subscribe(service, [...types[service as keyof typeof types]], subscriber)
  }
  return broker
}
async function start(subscribers?: Subscribers, options?: Partial<BrokerOptions>): Promise<Broker> {
  const broker = await create(subscribers, options)
  await broker.start()
  return broker
}
const throughProxy = () => ({ aws: aws.optionsAt(proxy.port) })
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
const cameAll = (came: { ids(): string[] }, count: number) =>
  until(
    () => new Set(came.ids()).size,
    size => size === count,
  )
const urlOf = async (name: string) =>
  (await sqs.send(new GetQueueUrlCommand({ QueueName: `${prefix}-${name}` }))).QueueUrl!
async function attributesOf(name: string): Promise<Record<string, string>> {
  const command = new GetQueueAttributesCommand({ QueueUrl: await urlOf(name), AttributeNames: ['All'] })
  return (await sqs.send(command)).Attributes ?? {}
}
/** Messages that stand in a queue, taken by somebody or not. */
async function standing(name: string): Promise<number> {
  const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible } = await attributesOf(name)
  return Number(ApproximateNumberOfMessages) + Number(ApproximateNumberOfMessagesNotVisible)
}

describe('what stands in AWS', () => {
  test('queues of all services stand before their services ever ran, and keep what is published meanwhile', async () => {
    const producer = await start()
    const event = orderDelivered()
    await producer.publish(event)
    const [payment, data] = [remember(), remember()]
    await start({ payment, data })
    await cameAll(payment, 1)
    await cameAll(data, 1)
    expect([...payment.came, ...data.came]).toEqual([event, event])
  })

  test('a queue is filled with what its service consumes alone, by the filter of its subscription', async () => {
    const producer = await start()
    await producer.publish(orderCreated())
    await producer.publish(orderDelivered())
    const consumers = { payment: 2, data: 1, order: 0 }
    const filled = () => Promise.all(Object.keys(consumers).map(standing))
    // The topic hands a message to all of its queues before it takes the next one.
    await until(filled, counts => counts[0] === 2)
    expect(await filled()).toEqual(Object.values(consumers))
  })

  test('a queue keeps messages for 14 days, takes them from the topic alone, and gives up to a dead queue', async () => {
    await start()
    const attributes = await attributesOf('payment')
    const dead = await attributesOf('payment-dead')
    expect([attributes.MessageRetentionPeriod, dead.MessageRetentionPeriod]).toEqual(['1209600', '1209600'])
    expect(JSON.parse(attributes.RedrivePolicy!)).toEqual({ deadLetterTargetArn: dead.QueueArn, maxReceiveCount: 50 })
    expect(JSON.parse(attributes.Policy!).Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: attributes.QueueArn,
        Condition: { ArnEquals: { 'aws:SourceArn': `arn:aws:sns:eu-central-1:000000000000:${prefix}-events` } },
      },
    ])
  })

  test('ten processes that start at once make everything once', async () => {
    const payment = remember()
    await Promise.all(Array.from({ length: 10 }, () => start({ payment })))
    await brokers[0]!.publish(orderCreated())
    await cameAll(payment, 1)
    await until(
      () => standing('payment'),
      left => left === 0,
    )
    expect(payment.came).toHaveLength(1)
    const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: prefix }))
    expect(QueueUrls).toHaveLength(6)
  })

  test('what somebody else has made is left as it is', async () => {
    const made = { QueueName: `${prefix}-payment`, Attributes: { MessageRetentionPeriod: '3600' } }
    await sqs.send(new CreateQueueCommand(made))
    const payment = remember()
    const broker = await start({ payment })
    await broker.publish(orderCreated())
    await cameAll(payment, 1)
    expect((await attributesOf('payment')).MessageRetentionPeriod).toBe('3600')
  })

  test('where nothing may be made, what stands is used', async () => {
    await (await start()).close()
    deny(SQSClient, 'CreateQueueCommand')
    deny(SNSClient, 'CreateTopicCommand', 'SubscribeCommand')
    const topicArn = `arn:aws:sns:eu-central-1:000000000000:${prefix}-events`
    const payment = remember()
    const broker = await start({ payment }, { aws: { ...aws.optionsAt(aws.port), topicArn } })
    await broker.publish(orderCreated())
    await cameAll(payment, 1)
  })

  test('where nothing may be made and nothing stands, it is said what is missing', async () => {
    deny(SNSClient, 'CreateTopicCommand')
    const broker = await start()
    await expect(broker.publish(orderCreated())).rejects.toThrow('not connected')
    expect(logged.lines[0]).toMatchObject({ reason: expect.stringContaining('allow sns:CreateTopic') })
    vi.restoreAllMocks()
    deny(SQSClient, 'CreateQueueCommand')
    logged.lines.length = 0
    prefix += 'x'
    await start()
    expect(logged.lines[0]).toMatchObject({ reason: expect.stringContaining('allow sqs:CreateQueue') })
  })

  test('a service cannot subscribe to what the catalogue does not give to it', async () => {
    const broker = await create()
    expect(() => broker.subscribe('payment', ['order.created', 'user.changed'], remember())).toThrow(
      'eventCatalogue does not name payment as a consumer of user.changed',
    )
  })
})

describe('publishing', () => {
  test('a thousand events at once go out in batches, and all come', async () => {
    const send = vi.spyOn(SNSClient.prototype, 'send')
    const payment = remember()
    const broker = await start({ payment })
    const events = Array.from({ length: 1_000 }, orderCreated)
    await Promise.all(events.map(event => broker.publish(event)))
    const batches = send.mock.calls.filter(([command]) => command.constructor.name === 'PublishBatchCommand')
    expect(batches).toHaveLength(100)
    await cameAll(payment, events.length)
  })

  test('a batch ends at 256 KiB; one event that is larger is refused for its size', async () => {
    const send = vi.spyOn(SNSClient.prototype, 'send')
    const payment = remember()
    const broker = await start({ payment })
    const long = Array.from({ length: 10 }, () => ({ ...orderCreated(), requestid: 'ü'.repeat(40_000) }))
    await Promise.all(long.map(event => broker.publish(event)))
    const sizes = send.mock.calls.flatMap(([{ input }]) => {
      const entries = (input as { PublishBatchRequestEntries?: { Message: string }[] }).PublishBatchRequestEntries
      return entries ? [entries.reduce((sum, { Message }) => sum + Buffer.byteLength(Message), 0)] : []
    })
    expect(sizes).toHaveLength(4)
    expect(Math.max(...sizes)).toBeLessThan(262_144)
    await cameAll(payment, 10)
    const huge = { ...orderCreated(), requestid: 'x'.repeat(262_144) }
    await expect(broker.publish(huge)).rejects.toThrow('SNS takes 262144')
  })

  test('where SNS takes a part of a batch, only the others are rejected', async () => {
    const broker = await start()
    vi.spyOn(SNSClient.prototype, 'send').mockImplementationOnce(async () => ({
      Successful: [{ Id: '0' }, { Id: '2' }],
      Failed: [{ Id: '1', Code: 'InternalError', Message: 'try again' }],
    }))
    const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => broker.publish(orderCreated())))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
    expect(outcomes[1]).toMatchObject({ reason: { message: 'SNS did not take the message: InternalError: try again' } })
    await broker.publish(orderCreated())
  })

  test('an event of a type that this version does not know is rejected: who consumes it is for a newer one to say', async () => {
    const broker = await start()
    const event = { ...orderCreated(), type: 'order.archived' } as never
    await expect(broker.publish(event)).rejects.toThrow('nobody here knows who consumes "order.archived"')
  })

  test('a publisher that may not publish says why, and stays connected', async () => {
    const broker = await start()
    deny(SNSClient, 'PublishBatchCommand')
    await expect(broker.publish(orderCreated())).rejects.toThrow('not allowed')
    expect(await isUp(broker)).toBe(true)
  })
})

describe('consuming', () => {
  test('messages that are taken together are deleted together, those that are not are tried again', async () => {
    const send = vi.spyOn(SQSClient.prototype, 'send')
    const producer = await start()
    await Promise.all(Array.from({ length: 100 }, () => producer.publish(orderCreated())))
    let down = true
    const payment = remember(async () => {
      if (down) throw new Error('the database is down')
    })
    await start({ payment })
    await cameAll(payment, 100)
    await until(
      () => payment.came.length,
      came => came >= 200,
    )
    expect(await standing('payment')).toBe(100)
    down = false
    await until(
      () => standing('payment'),
      left => left === 0,
    )
    const deletes = send.mock.calls.filter(([command]) => command instanceof DeleteMessageBatchCommand)
    expect(deletes.length).toBeLessThan(20)
    const lines = logged.lines.filter(({ queue }) => queue === `${prefix}-payment`).map(({ msg }) => msg)
    expect(lines).toEqual(['messages cannot be taken, they wait and are tried again', 'messages are taken again'])
  })

  test('no more than 200 messages are handed to a process that does not finish them; they come again elsewhere', async () => {
    const payment = remember(() => new Promise(() => {}))
    const broker = await start({ payment })
    const producer = await start()
    await Promise.all(Array.from({ length: 250 }, () => producer.publish(orderCreated())))
    await cameAll(payment, 200)
    const { ApproximateNumberOfMessages } = await attributesOf('payment')
    expect(ApproximateNumberOfMessages).toBe('50')
    await broker.close()
    const taking = remember()
    await start({ payment: taking })
    await until(
      () => taking.came.length,
      came => came === 250,
    )
  }, 60_000)

  test('while work goes on its message is nobody else’s, however long it takes', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    const payment = remember(() => gate)
    const broker = await start({ payment })
    await broker.publish(orderCreated())
    await cameAll(payment, 1)
    const hiddenUntil = async () => {
      const reply = await fetch(`http://127.0.0.1:${aws.port}/_fauxqs/queues/${prefix}-payment`)
      const { messages } = (await reply.json()) as { messages: { inflight: { visibilityDeadline: number }[] } }
      return messages.inflight[0]!.visibilityDeadline
    }
    const first = await hiddenUntil()
    await until(hiddenUntil, now => now > first)
    open()
    await until(
      () => standing('payment'),
      left => left === 0,
    )
  })

  test('two processes share the messages of a queue, each message goes to one of them', async () => {
    const [one, other] = [remember(), remember()]
    await start({ payment: one })
    const broker = await start({ payment: other })
    const events = Array.from({ length: 300 }, orderCreated)
    await Promise.all(events.map(event => broker.publish(event)))
    await until(
      () => one.came.length + other.came.length,
      came => came >= events.length,
    )
    expect([...one.ids(), ...other.ids()].toSorted()).toEqual(events.map(({ id }) => id).toSorted())
  })

  test('a message that is no JSON is handed over as it is', async () => {
    const payment = remember()
    await start({ payment })
    await sqs.send(new SendMessageCommand({ QueueUrl: await urlOf('payment'), MessageBody: '{ rubbish' }))
    await until(
      () => payment.came.length,
      came => came === 1,
    )
    expect(payment.came).toEqual(['{ rubbish'])
  })

  test('a message that is handed out again and again and never taken is buried', async () => {
    const broker = await start()
    const event = orderCreated()
    await broker.publish(event)
    const QueueUrl = await urlOf('payment')
    for (let time = 0; time < 51; time += 1) {
      await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }))
    }
    const payment = remember()
    await start({ payment })
    await until(
      () => payment.buried.length,
      buried => buried === 1,
    )
    expect(payment.buried).toEqual([event])
    expect(payment.came).toEqual([])
  })

  test('stopping waits for what is under way, deletes it, and gives the rest back at once; publishing goes on', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    const [slow, never] = [orderCreated(), orderCreated()]
    let refused = 0
    const payment = remember(async ({ id }) => {
      if (id === slow.id) return gate
      refused += 1
      throw new Error('the database is down')
    })
    const broker = await start({ payment })
    await broker.publish(slow)
    await broker.publish(never)
    await until(
      () => refused,
      times => times > 0,
    )
    await cameAll(payment, 2)
    let stopped = false
    const stopping = broker.stopConsuming().then(() => {
      stopped = true
    })
    await broker.publish(orderCreated())
    expect(stopped).toBe(false)
    open()
    await stopping
    const taking = remember()
    await start({ payment: taking })
    await cameAll(taking, 2)
    expect(taking.ids()).toContain(never.id)
    expect(taking.ids()).not.toContain(slow.id)
  })

  test('where somebody else brings the messages nothing is polled, and publishing works', async () => {
    const payment = remember()
    const broker = await start({ payment }, { polls: false })
    await broker.publish(orderCreated())
    expect(await standing('payment')).toBe(1)
    expect(await isUp(broker)).toBe(true)
  })

  test('who only publishes to a topic that others make needs no rights but that', async () => {
    await (await start()).close()
    const topicArn = `arn:aws:sns:eu-central-1:000000000000:${prefix}-events`
    const payment = remember()
    const sent = vi.spyOn(SQSClient.prototype, 'send')
    const options = { polls: false, aws: { ...aws.optionsAt(aws.port), topicArn } }
    const broker = await start({ payment }, options)
    await broker.publish(orderCreated())
    expect(sent).not.toHaveBeenCalled()
    expect(await isUp(broker)).toBe(true)
    expect(await standing('payment')).toBe(1)
  })

  test('a batch that Lambda brings is handed over as one that was polled: what was not taken is named', async () => {
    const payment = remember(async ({ id }) => {
      if (id === down.id) throw new Error('the database is down')
    })
    const [down, ...others] = [orderCreated(), orderCreated(), orderCreated()] as const
    const records = [...others, down].map((event, at) => ({ messageId: `m${at}`, body: JSON.stringify(event) }))
    records.push({ messageId: 'm3', body: '{ rubbish' })
    const refused = await deliverBatch(records, ({ body }) => body, payment.deliver)
    expect(refused.map(({ message }) => message.messageId)).toEqual(['m2'])
    expect(refused[0]!.reason).toEqual(new Error('the database is down'))
    expect(payment.came).toEqual([...others, down, '{ rubbish'])
  })
})

describe('hearing in passing', () => {
  const hearing = async () =>
    (await sqs.send(new ListQueuesCommand({ QueueNamePrefix: `${prefix}-hears-` }))).QueueUrls ?? []
  const listen = async (options?: Partial<BrokerOptions>) => {
    const broker = await create({}, options)
    const heard: string[] = []
    broker.listen(['user.changed'], ({ id }) => {
      heard.push(id)
    })
    await broker.start()
    return { broker, heard }
  }

  test('every process hears, by a queue of its own that goes with it', async () => {
    const [one, other] = [await listen(), await listen()]
    const event = userChanged()
    await one.broker.publish(event)
    await one.broker.publish(paymentVoided())
    await until(
      () => [...one.heard, ...other.heard],
      ids => ids.length >= 2,
    )
    expect([...one.heard, ...other.heard]).toEqual([event.id, event.id])
    expect(await hearing()).toHaveLength(2)
    await one.broker.close()
    await other.broker.close()
    expect(await hearing()).toEqual([])
  })

  test('a queue that a killed process left behind a day ago goes; one of today stays', async () => {
    const nameAt = (at: number) => {
      const hex = at.toString(16).padStart(12, '0')
      return `${prefix}-hears-${hex.slice(0, 8)}-${hex.slice(8)}${uuidv7().slice(13)}`
    }
    const [old, young] = [nameAt(Date.now() - 25 * 3_600_000), nameAt(Date.now() - 23 * 3_600_000)]
    for (const QueueName of [old, young]) await sqs.send(new CreateQueueCommand({ QueueName }))
    await listen()
    const left = await hearing()
    expect(left.some(url => url.endsWith(young))).toBe(true)
    expect(left.some(url => url.endsWith(old))).toBe(false)
  })

  test('its queue is made anew where somebody has deleted it', async () => {
    const { broker, heard } = await listen()
    const [before] = await hearing()
    await sqs.send(new DeleteQueueCommand({ QueueUrl: before }))
    await until(hearing, ([now]) => now !== undefined && now !== before)
    const event = userChanged()
    await until(
      async () => {
        await broker.publish(event)
        return heard
      },
      ids => ids.includes(event.id),
    )
  })

  test('a process that may not make queues hears nothing, and works', async () => {
    await (await start()).close()
    deny(SQSClient, 'CreateQueueCommand')
    const { broker } = await listen()
    expect(await isUp(broker)).toBe(true)
    await broker.publish(userChanged())
  })
})

describe('AWS is away', () => {
  test('at the start: nothing is delayed, it is said once, and found when it is there', async () => {
    await proxy.refuse()
    const payment = remember()
    const broker = await create({ payment }, throughProxy())
    const began = performance.now()
    await broker.start()
    expect(performance.now() - began).toBeLessThan(2_000)
    await expect(broker.ping()).rejects.toThrow('not connected')
    await expect(broker.publish(orderCreated())).rejects.toThrow('not connected')
    await proxy.accept()
    await reachable(broker)
    await broker.publish(orderCreated())
    await cameAll(payment, 1)
    expect(logged.lines.map(({ msg }) => msg)).toEqual([
      'the broker is out of reach; facts wait in the databases, connecting goes on',
      'the broker is connected',
    ])
    expect(logged.lines[0]).toMatchObject({ broker: `eu-central-1/${prefix}`, reason: expect.stringMatching(/ECONN/) })
  })

  test('in the middle: each publish is confirmed or rejected, and nothing is lost', async () => {
    const payment = remember()
    await start({ payment })
    const broker = await start({}, throughProxy())
    const events = Array.from({ length: 2_000 }, orderCreated)
    let confirmed = 0
    const outcomes = await Promise.allSettled(
      events.map(async event => {
        await broker.publish(event)
        confirmed += 1
        if (confirmed === 300) await proxy.refuse()
      }),
    )
    const rejected = events.filter((_, index) => outcomes[index]!.status === 'rejected')
    expect(rejected.length).toBeGreaterThan(0)
    expect(rejected.length).toBeLessThan(events.length)
    await proxy.accept()
    await reachable(broker)
    await Promise.all(rejected.map(event => broker.publish(event)))
    await cameAll(payment, events.length)
  })

  test('consumers ask again after growing pauses, not in a loop, and go on when it is back', async () => {
    const payment = remember()
    const broker = await start({ payment }, throughProxy())
    const send = vi.spyOn(SQSClient.prototype, 'send')
    await proxy.refuse()
    await away(broker)
    send.mockClear()
    const began = performance.now()
    const polls = () => send.mock.calls.filter(([command]) => command instanceof ReceiveMessageCommand).length
    // Of two queues, each with pauses of 0.2, 0.4, 0.8 s, less up to a quarter.
    await until(polls, count => count >= 8)
    expect(performance.now() - began).toBeGreaterThan(1_000)
    await proxy.accept()
    await reachable(broker)
    await broker.publish(orderCreated())
    await cameAll(payment, 1)
  })

  test('a process that stops does not wait for an AWS that hangs', async () => {
    const broker = await start({ payment: remember() }, throughProxy())
    proxy.hold()
    const began = performance.now()
    await broker.close()
    expect(performance.now() - began).toBeLessThan(6_000)
  })

  test('a queue that is deleted under its consumer is made again, and consumed', async () => {
    const payment = remember()
    const broker = await start({ payment })
    await sqs.send(new DeleteQueueCommand({ QueueUrl: await urlOf('payment') }))
    await away(broker)
    await reachable(broker)
    const event = orderCreated()
    await broker.publish(event)
    await until(
      () => payment.ids(),
      ids => ids.includes(event.id),
    )
  })
})

test('messages are counted by what became of them, and those that wait in the queues', async () => {
  const metrics = createMetrics()
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const payment = remember(() => gate)
  const broker = await create({ payment }, { metrics })
  const shown = async (line: string) => (await metrics.registry.metrics()).split('\n').includes(line)
  expect(await shown('waybill_broker_connected 0')).toBe(true)
  await broker.start()
  await broker.publish(orderCreated())
  await cameAll(payment, 1)
  expect(await shown('waybill_broker_connected 1')).toBe(true)
  expect(await shown('waybill_broker_unacknowledged 1')).toBe(true)
  for (const outcome of ['published', 'confirmed', 'consumed']) {
    expect(await shown(`waybill_broker_messages_total{outcome="${outcome}"} 1`)).toBe(true)
  }
  open()
  await until(
    () => shown('waybill_broker_unacknowledged 0'),
    is => is,
  )
  // Whoever reads remembers for a moment what was there.
  await until(
    () => shown('waybill_broker_queue_messages{service="payment"} 0'),
    is => is,
  )
  await broker.stopConsuming()
  await Promise.all([broker.publish(orderCreated()), broker.publish(orderCreated())])
  await until(
    () => shown('waybill_broker_queue_messages{service="payment"} 2'),
    is => is,
  )
})

test('the URL names a region and a prefix, and may leave both to others', async () => {
  for (const url of [
    'sns://eu-central-1/waybill',
    'sns://eu-central-1',
    'sns://',
    'sns:///qa_2',
    'sns://us-gov-west-1/',
  ]) {
    expect(readWaybillSettings({ BROKER_URL: url }).BROKER_URL).toBe(url)
  }
  for (const url of [
    'sns:',
    'sns://EU',
    'sns://eu-central-1/a/b',
    'sns://eu-central-1/a.fifo',
    `sns://x/${'p'.repeat(31)}`,
  ]) {
    expect(() => readWaybillSettings({ BROKER_URL: url })).toThrow('BROKER_URL must be')
  }
  const options = { log: logged.log, name: 'test' }
  await expect(createBroker('sns:///waybill', options)).rejects.toThrow('AWS_REGION is required')
  await createBroker('sns:///waybill', { ...options, aws: { region: 'eu-central-1' } })
  const topicArn = 'arn:aws:sns:us-east-1:123456789012:events'
  await expect(createBroker('sns://eu-central-1', { ...options, aws: { topicArn } })).rejects.toThrow('one region')
})

/** From now on these calls are refused as AWS refuses what a policy does not allow. */
function deny(client: typeof SNSClient | typeof SQSClient, ...commands: string[]): void {
  const { prototype } = client as typeof SQSClient
  const send = prototype.send
  vi.spyOn(prototype, 'send').mockImplementation(function (this: SQSClient, given: unknown, ...more: unknown[]) {
    if (!commands.includes((given as object).constructor.name)) return Reflect.apply(send, this, [given, ...more])
    const error = Object.assign(new Error('not allowed'), { $metadata: { httpStatusCode: 403 } })
    error.name = client === (SNSClient as unknown) ? 'AuthorizationErrorException' : 'AccessDenied'
    return Promise.reject(error)
  } as never)
}
