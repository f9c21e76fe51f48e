// Takes batches of SQS, and does what is due when a schedule says so.
import { setTimeout as wait } from 'node:timers/promises'
import { type Deliver, deliverBatch } from '@waybill/platform/bus'
import { readDuration } from '@waybill/platform/config'
import type { Service } from '@waybill/platform/service'
import type { Container } from './lambda-container.ts'
import type { LambdaContext, SqsEvent, SqsEventAnswer, WorkDueEvent } from './lambda-events.ts'

export type WorkerHandler = (
  event: SqsEvent | WorkDueEvent,
  context: LambdaContext,
) => Promise<SqsEventAnswer | undefined>

export function createWorkerHandler(container: Container): WorkerHandler {
  return async (event, context) => {
    if ('Records' in event) return takeBatch(container, event, context)
    const milliseconds = readDuration(event.work_due_for ?? '')
    if (milliseconds === undefined) {
      throw new Error('this function takes events of SQS, and { "work_due_for": "55s" } of a schedule')
    }
    await container.during(context, { seeking: true }, endsIn => wait(Math.min(milliseconds, endsIn())))
    return undefined
  }
}

/** What a message leads to and is due at once is done before the batch is answered, an export for instance. */
function takeBatch(
  { host, log, during }: Container,
  { Records }: SqsEvent,
  context: LambdaContext,
): Promise<SqsEventAnswer> {
  return during(context, { seeking: false }, async () => {
    const batches = [...Map.groupBy(Records, ({ eventSourceARN }) => eventSourceARN)]
    const refused = await Promise.all(
      batches.map(([arn, records]) => deliverBatch(records, ({ body }) => body, delivererOf(host.services, arn))),
    )
    for (const { message, reason } of refused.flat()) {
      log.warn({ err: reason, message_id: message.messageId }, 'a message was not taken, it comes again')
    }
    return { batchItemFailures: refused.flat().map(({ message }) => ({ itemIdentifier: message.messageId })) }
  })
}

/** Queues end with the name of their service; what they gave up lies in one that ends with `-dead` besides. */
const queueEnding = /-(?<service>[a-z]+?)(?<dead>-dead)?$/

function delivererOf(services: Service[], queueArn: string): Deliver {
  const { service: name, dead } = queueEnding.exec(queueArn)?.groups ?? {}
  const service = services.find(each => each.name === name)
  // Rejected, the messages stay in their queue.
  if (!service) return () => Promise.reject(new Error(`no service of this function takes messages of ${queueArn}`))
  const { consumer } = service.store
  return dead ? event => consumer.bury(event) : event => consumer.deliver(event)
}
