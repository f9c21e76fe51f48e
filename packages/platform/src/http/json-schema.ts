// Turns a Joi schema into JSON Schema (2020-12) for the documents: Joi's own conversion, completed by what it leaves out.
import type Joi from 'joi'

export type JsonSchema = Record<string, unknown>

/** Schemas that are described once under `components/schemas` and referred to by name. */
export type NamedSchemas = Record<string, JsonSchema>

/**
 * `input` is what we accept, with unknown fields refused where they are refused; `output` is what we send, to which
 * fields may be added later: readers must skip what they do not know.
 */
export type Direction = 'input' | 'output'

/** The part of Joi's own description of a schema that its JSON Schema does not carry over. */
interface Description {
  flags?: { presence?: string }
  preferences?: { presence?: string }
  metas?: { component?: string }[]
  examples?: unknown[]
  invalid?: unknown[]
  keys?: Record<string, Description>
  items?: Description[]
  matches?: { schema?: Description }[]
  dependencies?: { rel: string; key?: string; peers: (string | { key: string })[] }[]
}

/** Schemas with a `component` meta are put into `named` and referred to. */
export function jsonSchemaOf(schema: Joi.Schema, direction: Direction, named: NamedSchemas): JsonSchema {
  const json = schema['~standard'].jsonSchema[direction]({ target: 'draft-2020-12' })
  const complete = completer(direction, named)
  return complete(json as JsonSchema, schema.describe() as Description, 'optional')
}

function completer(direction: Direction, named: NamedSchemas) {
  return function complete(json: JsonSchema, about: Description, inherited: string): JsonSchema {
    const presence = about.preferences?.presence ?? inherited
    const result = { ...json }
    if (about.examples) result.examples = about.examples
    if (about.invalid) result.not = { enum: about.invalid }
    if (direction === 'output') delete result.additionalProperties
    // Joi allows null by type alone, but an enum without it refuses it.
    if (Array.isArray(result.enum) && Array.isArray(result.type) && result.type.includes('null')) {
      result.enum = [...result.enum, null]
    }
    if (about.keys) {
      const properties = result.properties as Record<string, JsonSchema>
      result.properties = Object.fromEntries(
        Object.entries(about.keys).map(([key, child]) => [key, complete(properties[key]!, child, presence)]),
      )
      const required = Object.entries(about.keys).filter(([, child]) => isRequired(child, presence))
      const filled = direction === 'output' ? (result.required as string[] | undefined) : undefined
      const names = [...new Set([...required.map(([key]) => key), ...(filled ?? [])])]
      if (names.length > 0) result.required = names
    }
    if (about.items?.length === 1) result.items = complete(result.items as JsonSchema, about.items[0]!, presence)
    const matches = about.matches?.flatMap(match => match.schema ?? [])
    const anyOf = result.anyOf as JsonSchema[] | undefined
    if (matches && matches.length === anyOf?.length) {
      result.anyOf = anyOf.map((choice, at) => complete(choice, matches[at]!, presence))
    }
    addDependencies(result, about)
    const component = about.metas?.find(meta => meta.component)?.component
    if (!component) return result
    named[component] = result
    return { $ref: `#/components/schemas/${component}` }
  }
}

function isRequired(child: Description, inherited: string): boolean {
  return (child.flags?.presence ?? inherited) === 'required'
}

/** `or` and `with` between the fields of an object. */
function addDependencies(result: JsonSchema, about: Description): void {
  for (const { rel, key, peers } of about.dependencies ?? []) {
    const names = peers.map(peer => (typeof peer === 'string' ? peer : peer.key))
    if (rel === 'or') result.anyOf = names.map(name => ({ required: [name] }))
    if (rel === 'with') result.dependentRequired = { ...(result.dependentRequired as object), [key!]: names }
  }
}

/** `UUID`, `created or cancelled`, `integer, 0–100`, `list of { dataset: string }`. */
export function inWords(schema: JsonSchema): string {
  const { type, properties, items, description, minimum, maximum } = schema
  if (Array.isArray(schema.enum)) return schema.enum.map(String).join(' or ')
  if (properties) {
    const fields = Object.entries(properties as Record<string, JsonSchema>)
    return `{ ${fields.map(([name, field]) => `${name}: ${inWords(field)}`).join(', ')} }`
  }
  if (items) return `list of ${inWords(items as JsonSchema)}`
  if (description) return String(description)
  const words = Array.isArray(type) ? type.join(' or ') : String(type)
  return minimum === undefined || maximum === undefined ? words : `${words}, ${minimum}–${maximum}`
}

/** A value that the schema accepts, made of the examples in it. Strings without one are `…`, integers their minimum. */
export function exampleOf(schema: JsonSchema): unknown {
  const { examples, type, format, properties, items, minimum } = schema
  if (Array.isArray(examples)) return examples[0]
  if (Array.isArray(schema.enum)) return schema.enum[0]
  if (properties) {
    const fields = Object.entries(properties as Record<string, JsonSchema>)
    return Object.fromEntries(fields.map(([name, field]) => [name, exampleOf(field)]))
  }
  if (items) return [exampleOf(items as JsonSchema)]
  if (type === 'integer') return minimum ?? 0
  if (type === 'object') return {}
  if (format === 'uuid') return '019a9b3c-5d1e-7c40-8f2a-6b1d0e9c4a77'
  if (format === 'date-time') return '2026-11-21T10:00:00.000Z'
  return '…'
}
