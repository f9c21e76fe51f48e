// What carries events between services. Delivery is at least once; whoever consumes keeps an inbox.
import type { AnyCloudEvent, EventType } from '@waybill/contracts'
import type { Logger } from '../log/index.ts'
import type { Metrics } from '../metrics/index.ts'
import type { AwsOptions } from './aws-options.ts'

/** Handles one message; a rejection means that it was not taken and must come again. */
export type Deliver = (event: AnyCloudEvent) => Promise<void>

/** Who takes the messages of a queue. */
export interface Subscriber {
  deliver: Deliver
  /** Takes a message that was handed out so often in vain that the broker gave it up: it is kept, not handled. */
  bury: Deliver
}

export interface Broker {
  /**
   * Resolves when the broker vouches for the message: it will reach every queue that wants it. Rejects where it does not,
   * and at once where the broker is out of reach: nothing waits in memory for its return.
   */
  publish(event: AnyCloudEvent): Promise<void>
  /** Names a queue (one a service), the event types it wants and who takes them. Called before `start`. */
  subscribe(queue: string, types: EventType[], subscriber: Subscriber): void
  /** Every process hears these, in passing: for caches that may forget early, never for work. */
  listen(types: EventType[], hear: (event: AnyCloudEvent) => void): void
  /** Resolves when messages flow, or when the broker turns out to be out of reach: then they will once it is there. */
  start(): Promise<void>
  /** Rejects where the broker is out of reach, or takes nothing. */
  ping(): Promise<void>
  /** Takes no more messages and waits a while for those under way; what is not taken comes again elsewhere. Publishing goes on. */
  stopConsuming(): Promise<void>
  /** Ends consuming and publishing. May be called twice. */
  close(): Promise<void>
}

export interface BrokerOptions {
  log: Logger
  /** What RabbitMQ shows as the name of the connection. */
  name: string
  metrics?: Metrics
  /** Where AWS is, for SNS and SQS. */
  aws?: AwsOptions
  /** False where somebody else brings the messages of SQS, as AWS does to a Lambda function: nothing is polled then, nor heard. */
  polls?: boolean
}
