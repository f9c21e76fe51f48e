// The AsyncAPI 3.1 document, made from the catalogue of events: a channel and a sending operation for each.
import { cloudEventSchema, type EventDefinition, eventCatalogue } from '@waybill/contracts'
import { exampleOf, jsonSchemaOf, type NamedSchemas } from './json-schema.ts'
import type { DocumentInfo } from './openapi.ts'

export interface AsyncApiDocument {
  asyncapi: '3.1.0'
  info: { description: string; [field: string]: unknown }
  defaultContentType: string
  channels: Record<string, unknown>
  operations: Record<string, unknown>
  components: { messages: Record<string, Message>; schemas: NamedSchemas }
}

interface Message {
  payload: object
  examples: { payload: Record<string, unknown> }[]
  [field: string]: unknown
}

const introduction = `Events are CloudEvents 1.0 in structured JSON, with the \`requestid\` extension and W3C \`traceparent\`.
\`subject\` is what the event is about, \`source\` is \`/waybill/<service>\`. Each is written in the transaction that makes it true,
delivered at least once, perhaps late and out of order; consumers skip fields that they do not know.`

export function createAsyncApiDocument(about: DocumentInfo): AsyncApiDocument {
  const definitions = Object.entries<EventDefinition>(eventCatalogue)
  const schemas: NamedSchemas = {}
  schemas.CloudEvent = jsonSchemaOf(cloudEventSchema, 'output', schemas)
  return {
    asyncapi: '3.1.0',
    info: {
      title: about.title,
      version: about.version,
      description: introduction,
      tags: [...new Set(definitions.map(([, { producer }]) => producer))].map(name => ({ name })),
    },
    defaultContentType: 'application/cloudevents+json',
    channels: Object.fromEntries(
      definitions.map(([type, { description }]) => [
        type,
        { address: type, description, messages: { [type]: { $ref: `#/components/messages/${type}` } } },
      ]),
    ),
    operations: Object.fromEntries(
      definitions.map(([type, { producer, description }]) => [
        `send.${type}`,
        {
          action: 'send',
          summary: description,
          tags: [{ name: producer }],
          channel: { $ref: `#/channels/${type}` },
          messages: [{ $ref: `#/channels/${type}/messages/${type}` }],
        },
      ]),
    ),
    components: {
      messages: Object.fromEntries(
        definitions.map(([type, definition]) => [type, messageOf(type, definition, schemas)]),
      ),
      schemas,
    },
  }
}

function messageOf(type: string, definition: EventDefinition, schemas: NamedSchemas): Message {
  const { producer, version, description, schema } = definition
  const facts = jsonSchemaOf(schema, 'output', schemas)
  const frame = { type, source: `/waybill/${producer}`, dataversion: version, data: exampleOf(facts) }
  schemas[type] = facts
  return {
    name: type,
    title: type,
    summary: description,
    contentType: 'application/cloudevents+json',
    tags: [{ name: producer }],
    examples: [{ payload: { ...(exampleOf(schemas.CloudEvent!) as object), ...frame } }],
    payload: {
      allOf: [
        { $ref: '#/components/schemas/CloudEvent' },
        {
          type: 'object',
          properties: {
            type: { const: type },
            source: { const: `/waybill/${producer}` },
            dataversion: { const: version },
            data: { $ref: `#/components/schemas/${type}` },
          },
        },
      ],
    },
  }
}
