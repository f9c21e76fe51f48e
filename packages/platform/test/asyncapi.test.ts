import { schemas } from '@asyncapi/specs'
import { eventCatalogue } from '@waybill/contracts'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect, test } from 'vitest'
import { newEvent } from '../src/bus/index.ts'
import { createAsyncApiDocument } from '../src/http/index.ts'
import { call, startService } from '../src/testing/index.ts'
import { echoService } from './echo-service.ts'

const document = createAsyncApiDocument({ title: 'Events', version: '1.2.3' })
const types = Object.keys(eventCatalogue) as (keyof typeof eventCatalogue)[]

test.each(types)(
  '%s has a channel, a message and an operation of its producer, and their references lead there',
  type => {
    expect(document.channels[type]).toMatchObject({ address: type })
    const operation = document.operations[`send.${type}`] as Operation
    expect(operation).toMatchObject({ action: 'send', tags: [{ name: eventCatalogue[type].producer }] })
    expect(resolve(operation.channel.$ref)).toBe(document.channels[type])
    expect(resolve((resolve(operation.messages[0]!.$ref) as Reference).$ref)).toBe(document.components.messages[type])
  },
)

test('nothing stands in the document that is not in the catalogue', () => {
  expect(Object.keys(document.channels)).toEqual(types)
  expect(Object.keys(document.operations)).toHaveLength(types.length)
})

test('it is valid AsyncAPI 3.1.0, by the schema that AsyncAPI publishes', () => {
  // Their schema brings the schema of schemas along.
  const ajv = new Ajv({ strict: false, allErrors: true, meta: false, validateSchema: false })
  addFormats.default(ajv)
  const validate = ajv.compile(schemas['3.1.0'])
  validate(document)
  expect(validate.errors).toBeNull()
  expect(validate({ ...document, channels: { broken: { address: 1 } } })).toBe(false)
})

test('an event as it is sent fits its message; one that lacks a fact or comes from another service does not', () => {
  const id = '019a9b3c-5d1e-7c40-8f2a-6b1d0e9c4a77'
  const event = newEvent('session.revoked', id, { session_id: id, user_id: id }, Date.now())
  const accepts = payloadOf('session.revoked')
  expect(accepts(event)).toBe(true)
  expect(accepts({ ...event, data: { ...event.data, added_later: 1 } })).toBe(true)
  expect(accepts({ ...event, data: { user_id: id } })).toBe(false)
  expect(accepts({ ...event, source: '/waybill/order' })).toBe(false)
  expect(accepts({ ...event, specversion: '0.3' })).toBe(false)
})

test('a process serves the document of all events', async () => {
  const host = await startService([echoService()])
  try {
    const { status, headers, text } = await call(host.url, 'GET /asyncapi.json')
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
    const served = JSON.parse(text)
    expect(served.asyncapi).toBe('3.1.0')
    expect(served.channels).toEqual(document.channels)
  } finally {
    await host.stop()
  }
})

interface Reference {
  $ref: string
}
interface Operation {
  channel: Reference
  messages: Reference[]
}

function resolve(reference: string): unknown {
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], document)
}

function payloadOf(type: string) {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false })
  addFormats.default(ajv)
  ajv.addKeyword('components')
  const { payload } = document.components.messages[type]!
  return ajv.compile({ ...payload, components: document.components })
}
