// Who consumes what, by the catalogue of events: every process knows it, so that a broker keeps messages for consumers that start later.
import { type EventDefinition, type EventType, eventCatalogue, type ServiceName } from '@waybill/contracts'

const definitions = Object.entries<EventDefinition>(eventCatalogue)

export const servicesThatConsume: readonly ServiceName[] = [
  ...new Set(definitions.flatMap(([, { consumers }]) => consumers)),
]

/** The event types that a service consumes. */
export function typesFor(service: string): EventType[] {
  return definitions
    .filter(([, { consumers }]) => consumers.includes(service as ServiceName))
    .map(([type]) => type as EventType)
}

/** Whether this version knows the type; a newer one, whose facts lie in the same outbox, may know more. */
export function isKnown(type: string): type is EventType {
  return Object.hasOwn(eventCatalogue, type)
}

/** Nobody, where the type is not known. */
export function consumersOf(type: string): readonly ServiceName[] {
  return isKnown(type) ? eventCatalogue[type].consumers : []
}

/** Throws where a service subscribes to what the catalogue does not give to it: such a message would never come. */
export function refuseStrays(service: string, types: EventType[]): void {
  const wanted = typesFor(service)
  const stray = types.filter(type => !wanted.includes(type))
  if (stray.length > 0) throw new Error(`eventCatalogue does not name ${service} as a consumer of ${stray.join(', ')}`)
}
