// What the stacks need to know of each service: what the Helm chart says of it, which a test holds against the code.
import { readFileSync } from 'node:fs'
import { type EventDefinition, eventCatalogue, type ServiceName, serviceNames } from '@waybill/contracts'
import { parse } from 'yaml'

export interface ServiceFacts {
  /** `/user/*` is `/user` and all below; the longest that fits decides; `/*` is what nobody else has. */
  readonly paths: string[]
  /** The services whose API it calls. */
  readonly calls: ServiceName[]
  readonly required: string[]
  readonly optional?: string[]
}

const file = new URL('../../helm/waybill/files/services.yaml', import.meta.url)

export const serviceFacts: Record<ServiceName, ServiceFacts> = parse(readFileSync(file, 'utf8'))

const definitions = Object.values<EventDefinition>(eventCatalogue)
/** Services with a queue of their own. */
export const consumers = serviceNames.filter(name => definitions.some(({ consumers }) => consumers.includes(name)))

/** `Order`, for the names of resources. */
export const capital = (name: string) => name[0]!.toUpperCase() + name.slice(1)
