// Stands for what AWS makes of a stack's topic, queues and subscriptions, in an emulator, and for the pollers that hand batches to functions.
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import type { FakeAws } from '@waybill/platform/testing'
import type { SqsEvent, SqsEventAnswer } from '../../apps/server/src/lambda-events.ts'
import type { Stack } from '../deployment/packaged-stack.ts'

export interface Queues {
  readonly topicArn: string
  /** Hands what comes to the workers, from now on. */
  poll(invoke: (functionName: string, event: SqsEvent) => Promise<SqsEventAnswer>): void
  stop(): Promise<void>
}

/** What a container had in hand when it was killed comes again then; a test does not wait for minutes. */
const visibilitySeconds = 4

const queueArn = (name: string) => `arn:aws:sqs:eu-central-1:000000000000:${name}`

export async function makeQueues(stack: Stack, aws: FakeAws): Promise<Queues> {
  const { region, credentials, snsEndpoint, sqsEndpoint } = aws.optionsAt(aws.port)
  const sns = new SNSClient({ region, credentials, endpoint: snsEndpoint })
  const sqs = new SQSClient({ region, credentials, endpoint: sqsEndpoint })
  const stopping = new AbortController()
  const polling: Promise<void>[] = []

  const [topic] = stack.resources('AWS::SNS::Topic').values()
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: topic!.Properties.TopicName }))
  const queues = stack.resources('AWS::SQS::Queue')
  const nameOf = (logicalId: string): string => queues.get(logicalId)!.Properties.QueueName
  for (const { Properties } of queues.values()) {
    const Attributes = { VisibilityTimeout: String(visibilitySeconds) }
    await sqs.send(new CreateQueueCommand({ QueueName: Properties.QueueName, Attributes }))
  }
  for (const { Properties } of stack.resources('AWS::SNS::Subscription').values()) {
    const Attributes = {
      RawMessageDelivery: String(Properties.RawMessageDelivery),
      FilterPolicy: JSON.stringify(Properties.FilterPolicy),
    }
    const Endpoint = queueArn(nameOf(Properties.Endpoint['Fn::GetAtt'][0]))
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint, Attributes }))
  }

  async function pollFor(
    name: string,
    most: number,
    invoke: (event: SqsEvent) => Promise<SqsEventAnswer>,
  ): Promise<void> {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }))
    const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: most, WaitTimeSeconds: 5 })
    while (!stopping.signal.aborted) {
      const { Messages = [] } = await sqs.send(receive, { abortSignal: stopping.signal })
      if (Messages.length === 0) continue
      const Records = Messages.map(({ MessageId, Body }) => ({
        ...{ messageId: MessageId!, body: Body!, eventSourceARN: queueArn(name) },
      }))
      const answer = await invoke({ Records }).catch(() => undefined)
      if (!answer) continue
      const failed = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
      for (const { MessageId, ReceiptHandle } of Messages) {
        if (!failed.has(MessageId!)) await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
      }
    }
  }

  return {
    topicArn: TopicArn!,
    poll(invoke) {
      for (const { Properties } of stack.resources('AWS::Lambda::EventSourceMapping').values()) {
        const name = nameOf(Properties.EventSourceArn['Fn::GetAtt'][0])
        const functionName: string = Properties.FunctionName['Fn::GetAtt'][0]
        const ended = pollFor(name, Properties.BatchSize, event => invoke(functionName, event))
        polling.push(
          ended.catch(error => {
            if (!stopping.signal.aborted) throw error
          }),
        )
      }
    },
    async stop() {
      stopping.abort()
      await Promise.all(polling)
      sns.destroy()
      sqs.destroy()
    },
  }
}
