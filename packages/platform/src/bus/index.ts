export { type AwsOptions, awsOptionsOf } from './aws-options.ts'
export type { Broker, BrokerOptions, Deliver, Subscriber } from './broker.ts'
export {
  Consumer,
  type DeadLetterRow,
  type EventHandler,
  type EventHandlers,
  type RecoveredMessageRow,
} from './consumer.ts'
export { createBroker } from './create-broker.ts'
export { deliverBatch, type Refused } from './deliver-batch.ts'
export { newEvent, readEvent } from './event.ts'
export { MemoryBroker } from './memory-broker.ts'
export { Outbox } from './outbox.ts'
export { listWaitingEvents, listWaitingEventsAbout, type WaitingEventRow } from './waiting-events.ts'
export { within } from './within.ts'
