// Hands a batch of messages to a consumer, of which some may be taken and others not: whoever polls SQS and a Lambda function do it alike.
import type { Deliver } from './broker.ts'
import { readEvent } from './event.ts'

export interface Refused<M> {
  message: M
  reason: unknown
}

/**
 * Hands the messages over side by side, so that they share transactions, and waits for all. Answers those that were not
 * taken, in their order, each with what its delivery was rejected with; all others are committed and may be deleted.
 * Never rejects. `bodyOf` answers the text that was published, as raw delivery from SNS to SQS leaves it. From Lambda:
 *
 *     const refused = await deliverBatch(event.Records, record => record.body, consumer.deliver)
 *     return { batchItemFailures: refused.map(({ message }) => ({ itemIdentifier: message.messageId })) }
 */
export async function deliverBatch<M>(
  messages: readonly M[],
  bodyOf: (message: M) => string | undefined,
  deliver: Deliver,
): Promise<Refused<M>[]> {
  const outcomes = await Promise.allSettled(messages.map(async message => deliver(readEvent(bodyOf(message) ?? ''))))
  return outcomes.flatMap((outcome, at) =>
    outcome.status === 'rejected' ? [{ message: messages[at]!, reason: outcome.reason }] : [],
  )
}
