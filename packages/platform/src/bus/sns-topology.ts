// What stands in AWS: one topic, a queue for each service that consumes, and behind each queue one for what it gave up.
import { CreateTopicCommand, type SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import { CreateQueueCommand, GetQueueUrlCommand, type QueueAttributeName, type SQSClient } from '@aws-sdk/client-sqs'
import { type AwsClients, bounded } from './aws-clients.ts'
import { isDenied, isMissingQueue, isOtherQueue, isOtherSubscription } from './aws-errors.ts'
import { consumersOf, servicesThatConsume } from './consumed-events.ts'
import { deadQueueName, queueArn, queueName, type SnsAddress, topicName } from './sns-address.ts'

export interface SnsTopology {
  readonly topicArn: string
  /** The URLs of the queues that we may use, by name. */
  readonly queueUrls: ReadonlyMap<string, string>
}

type Attributes = Partial<Record<QueueAttributeName, string>>

/** The longest that SQS keeps a message: a service that is away for less loses nothing. */
const keptSeconds = 14 * 24 * 3_600
/**
 * How often a message is handed out before the queue gives it up. A message that ends the process which handles it must not do
 * so for ever; restarts and broken connections, which count too, must not be enough to get there.
 */
const deliveryLimit = 50
/** For Lambda, which wants six times the time that a function may take (30 s); whoever polls asks for its own. */
const visibilitySeconds = 180

/** The message attribute that a service's subscription asks for. */
export const attributeFor = (service: string) => `to_${service}`

/**
 * Makes everything that is not there, also for services that this process does not host: a queue that is not there yet
 * would lose facts for a consumer that starts later. Safe to run at any time, by any number of processes: what stands is
 * left as it is, whoever made it. Where our rights do not allow to make it, it must stand; rejects where it does not.
 */
export async function declareTopology({ sns, sqs }: AwsClients, address: SnsAddress): Promise<SnsTopology> {
  const { prefix } = address
  const topicArn = address.topicArn ?? (await makeTopic(sns, topicName(prefix)))
  const queueUrls = new Map<string, string>()
  const declareQueue = async (name: string, attributes: Attributes) => {
    const url = await makeQueue(sqs, name, attributes)
    if (url !== undefined) queueUrls.set(name, url)
  }
  await Promise.all(
    servicesThatConsume.map(async service => {
      const [queue, deadQueue] = [queueName(prefix, service), deadQueueName(prefix, service)]
      await declareQueue(deadQueue, { MessageRetentionPeriod: String(keptSeconds) })
      await declareQueue(queue, {
        MessageRetentionPeriod: String(keptSeconds),
        VisibilityTimeout: String(visibilitySeconds),
        Policy: letTopicSend(topicArn, queueArn(topicArn, queue)),
        RedrivePolicy: JSON.stringify({
          deadLetterTargetArn: queueArn(topicArn, deadQueue),
          maxReceiveCount: deliveryLimit,
        }),
      })
      await subscribeQueue(sns, topicArn, queueArn(topicArn, queue), { [attributeFor(service)]: ['1'] })
    }),
  )
  return { topicArn, queueUrls }
}

/**
 * The attributes of a message, which subscriptions ask for: its type, and each service that consumes it. Queues are filled by
 * the latter: a filter of types would have to change with every new type, and SNS takes up to 15 minutes to heed a change, in
 * which facts would be lost. What a message says of itself is heeded at once.
 */
export function attributesOf(type: string): Record<string, string> {
  return { type, ...Object.fromEntries(consumersOf(type).map(service => [attributeFor(service), '1'])) }
}

/** SNS answers the topic that stands under this name. */
async function makeTopic(sns: SNSClient, name: string): Promise<string> {
  try {
    return (await sns.send(new CreateTopicCommand({ Name: name }), bounded())).TopicArn!
  } catch (error) {
    if (!isDenied(error)) throw error
    throw new Error(`the topic ${name} may not be made here: allow sns:CreateTopic, or name it in SNS_TOPIC_ARN`, {
      cause: error,
    })
  }
}

/** Answers the URL of a queue that stands; undefined where we have no right to know it. */
async function makeQueue(sqs: SQSClient, name: string, attributes: Attributes): Promise<string | undefined> {
  try {
    return await createQueue(sqs, name, attributes)
  } catch (error) {
    if (!isOtherQueue(error) && !isDenied(error)) throw error
    return findQueue(sqs, name)
  }
}

/** Made whole or not at all; answers its URL. One that stands with the same attributes is as good as made. */
export async function createQueue(sqs: SQSClient, name: string, attributes: Attributes): Promise<string> {
  return (await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }), bounded())).QueueUrl!
}

async function findQueue(sqs: SQSClient, name: string): Promise<string | undefined> {
  try {
    return (await sqs.send(new GetQueueUrlCommand({ QueueName: name }), bounded())).QueueUrl
  } catch (error) {
    if (isMissingQueue(error)) {
      throw new Error(`the queue ${name} is not there: make it, or allow sqs:CreateQueue`, { cause: error })
    }
    if (!isDenied(error)) throw error
    return undefined
  }
}

/** SNS answers the subscription that stands. */
export async function subscribeQueue(
  sns: SNSClient,
  topicArn: string,
  endpoint: string,
  filter: Record<string, string[]>,
): Promise<string | undefined> {
  const command = new SubscribeCommand({
    TopicArn: topicArn,
    Protocol: 'sqs',
    Endpoint: endpoint,
    Attributes: { RawMessageDelivery: 'true', FilterPolicy: JSON.stringify(filter) },
    ReturnSubscriptionArn: true,
  })
  try {
    return (await sns.send(command, bounded())).SubscriptionArn
  } catch (error) {
    if (!isOtherSubscription(error) && !isDenied(error)) throw error
    return undefined
  }
}

/** The policy of a queue that takes messages from this topic and from nobody else outside of its account. */
export function letTopicSend(topicArn: string, queue: string): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: queue,
        Condition: { ArnEquals: { 'aws:SourceArn': topicArn } },
      },
    ],
  })
}
