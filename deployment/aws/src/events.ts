// One topic, a queue for each service that consumes, and behind it one for what was handed out in vain; as deployment/serverless has them.

import type { ServiceName } from '@waybill/contracts'
import { Duration } from 'aws-cdk-lib'
import { type IKey, Key } from 'aws-cdk-lib/aws-kms'
import { SubscriptionFilter, Topic } from 'aws-cdk-lib/aws-sns'
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { capital, consumers } from './service-facts.ts'

export interface ServiceQueues {
  readonly queue: Queue
  readonly dead: Queue
}

export interface Events {
  readonly topic: Topic
  /** By the services that consume. */
  readonly queues: Map<ServiceName, ServiceQueues>
}

/** Exports on Lambda take up to 15 minutes, other handlers seconds; pollers extend the time of what they hold. */
const visibleAfter = (service: ServiceName) => Duration.seconds(service === 'data' ? 900 : 120)

export function createEvents(scope: Construct, { prefix, key }: { prefix: string; key: IKey }): Events {
  const topic = new Topic(scope, 'Events', { topicName: `${prefix}-events`, masterKey: key, enforceSSL: true })
  // A key of their own: what SNS puts into queues it encrypts by a key whose policy names the topic, which has the other.
  const queueKey = new Key(scope, 'QueueKey', { description: 'Waybill: queues', enableKeyRotation: true })
  const queues = consumers.map((service): [ServiceName, ServiceQueues] => {
    const common = {
      encryptionMasterKey: queueKey,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      visibilityTimeout: visibleAfter(service),
    }
    const dead = new Queue(scope, `${capital(service)}DeadQueue`, { ...common, queueName: `${prefix}-${service}-dead` })
    const queue = new Queue(scope, `${capital(service)}Queue`, {
      ...common,
      queueName: `${prefix}-${service}`,
      deadLetterQueue: { queue: dead, maxReceiveCount: 50 },
    })
    topic.addSubscription(
      new SqsSubscription(queue, {
        rawMessageDelivery: true,
        filterPolicy: { [`to_${service}`]: SubscriptionFilter.stringFilter({ allowlist: ['1'] }) },
      }),
    )
    return [service, { queue, dead }]
  })
  return { topic, queues: new Map(queues) }
}
