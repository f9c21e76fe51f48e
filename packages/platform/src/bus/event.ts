// Makes CloudEvents out of facts, in the context of the request or message that led to them.
import { type AnyCloudEvent, type EventFacts, type EventType, eventCatalogue } from '@waybill/contracts'
import { uuidv7 } from 'uuidv7'
import { rfc3339 } from '../clock/index.ts'
import { acceptTraceparent, currentContext } from '../log/index.ts'

/** A CloudEvents 1.0 message for a fact; `subject` is the id of what it is about (an order's, in most). */
export function newEvent<K extends EventType>(
  type: K,
  subject: string,
  data: EventFacts[K],
  now: number,
): AnyCloudEvent {
  const { producer, version } = eventCatalogue[type]
  const context = currentContext()
  return {
    specversion: '1.0',
    id: uuidv7(),
    source: `/waybill/${producer}`,
    type,
    subject,
    time: rfc3339(now),
    datacontenttype: 'application/json',
    dataversion: version,
    requestid: context?.requestId ?? uuidv7(),
    traceparent: acceptTraceparent(context?.traceparent),
    data,
  } as AnyCloudEvent
}

/** The event in a message's text. What is no JSON is handed on as text: the consumer keeps it as a dead letter. */
export function readEvent(text: string): AnyCloudEvent {
  try {
    return JSON.parse(text)
  } catch {
    return text as unknown as AnyCloudEvent
  }
}
