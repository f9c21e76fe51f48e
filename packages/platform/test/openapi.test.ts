import { Validator } from '@seriousme/openapi-schema-validator'
import { contract, errorCatalogue, paymentApi, userApi } from '@waybill/contracts'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import Joi from 'joi'
import { expect, test } from 'vitest'
import {
  createOpenApiDocument,
  errorCodesOf,
  type JsonSchema,
  type OpenApiDocument,
  ok,
  type Route,
  routesOf,
} from '../src/http/index.ts'
import { call, startService } from '../src/testing/index.ts'
import { echoService } from './echo-service.ts'
import { everyRoute } from './every-contract.ts'

interface Answer {
  description: string
  headers: Record<string, unknown>
  content?: Record<string, { schema: JsonSchema; examples?: Record<string, { value: { code: string } }> }>
}
interface Parameter {
  name: string
  in: string
  required?: boolean
  schema: JsonSchema
}

const about = { title: 'All of it', version: '1.2.3', serverUrl: '/' }
const document = createOpenApiDocument(everyRoute, about)

// Strict: a keyword or a format that JSON Schema does not know is a mistake of ours.
const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false })
addFormats.default(ajv)
ajv.addKeyword('components')
ajv.addSchema({ $id: 'openapi', components: document.components }, undefined, undefined, false)
const compiled = new Map<string, ValidateFunction>()

test('the document of all contracts is valid OpenAPI 3.1', async () => {
  expect(await new Validator().validate(document as never)).toEqual({ valid: true })
  const broken = { ...document, info: { title: 'without a version' } }
  expect((await new Validator().validate(broken as never)).valid).toBe(false)
})

test.each(everyRoute.map(route => [route.contract.name, route] as const))(
  '%s stands in the document with its parameters, body, answers and error codes',
  (name, route) => {
    const operation = operationOf(document, route)
    expect(operation.operationId).toBe(name)
    expect(operation.summary).toBe(route.contract.summary)
    expect(operation.tags).toEqual([route.service])
    expect(operation.security).toEqual(route.access === 'public' ? [] : [{ accessToken: [] }])

    const parameters = (operation.parameters ?? []) as Parameter[]
    const named = (place: string) => parameters.filter(it => it.in === place).map(it => it.name)
    expect(named('path')).toEqual(fieldsOf(route.contract.params))
    expect(named('query')).toEqual(fieldsOf(route.contract.query))
    expect('requestBody' in operation).toBe(route.contract.body !== undefined)

    const wanted = [...Object.keys(route.contract.answers), ...errorCodesOf(route).map(statusOf)]
    expect(new Set(Object.keys(operation.responses))).toEqual(new Set(wanted))
    for (const status of Object.keys(operation.responses)) {
      const codes = errorCodesOf(route).filter(code => statusOf(code) === status)
      expect(codesIn(answerOf(document, route, status))).toEqual(codes)
      expect(answerOf(document, route, status).headers).toHaveProperty('X-Request-Id')
    }
    for (const schema of schemasOf(document, route)) expect(() => compile(schema)).not.toThrow()
  },
)

test('the codes that access and input bring along are added to those of the contract', () => {
  const row = (of: Partial<Route>) => errorCodesOf({ ...everyRoute[0]!, contract: bare, ...of } as Route)
  const always = ['TOO_MANY_REQUESTS', 'INTERNAL_ERROR', 'DEPENDENCY_UNAVAILABLE']
  expect(row({ access: 'public' })).toEqual(always)
  expect(row({ access: 'customer' })).toEqual(['NOT_AUTHENTICATED', ...always])
  expect(row({ access: 'operator' })).toEqual(['NOT_AUTHENTICATED', 'FORBIDDEN', ...always])
  expect(row({ access: 'public', rawBody: true })).toEqual(['PAYLOAD_TOO_LARGE', ...always])
  expect(row({ access: 'public', contract: userApi.signIn as never })).toEqual([
    'MALFORMED_JSON',
    'VALIDATION_FAILED',
    'INVALID_CREDENTIALS',
    'PAYLOAD_TOO_LARGE',
    'UNSUPPORTED_MEDIA_TYPE',
    ...always,
  ])
})

test('a 401 names the challenge, a 429 the limits and when to come back', () => {
  const route = routeOf('listOrders')
  expect(answerOf(document, route, '401').headers).toHaveProperty('WWW-Authenticate')
  expect(Object.keys(answerOf(document, route, '429').headers).sort()).toEqual([
    'RateLimit-Limit',
    'RateLimit-Remaining',
    'RateLimit-Reset',
    'Retry-After',
    'X-Request-Id',
  ])
})

test('an answer is described in its envelope: nulls where they may be, every field required, later fields allowed', () => {
  const accepts = compile(dataSchema('showOrder'))
  const order = {
    id: '019a9b3c-5d1e-7c40-8f2a-6b1d0e9c4a77',
    user_id: '019a9b3c-5d1e-7c40-8f2a-6b1d0e9c4a77',
    cloud: 'LOCAL',
    state: 'created',
    cancel_reason: null,
    items: [{ dataset: 'airports', format: 'csv' }],
    amount: 100,
    currency: 'USD',
    process_id: '019a9b3c-5d1e-7c40-8f2a-6b1d0e9c4a77',
    payment_mode: 'now',
    version: 1,
    created_at: '2026-11-21T10:00:00.000Z',
    updated_at: '2026-11-21T10:00:00.000Z',
  }
  expect(accepts({ request_id: 'r', data: order })).toBe(true)
  expect(accepts({ request_id: 'r', data: { ...order, added_later: 1 } })).toBe(true)
  expect(accepts({ request_id: 'r', data: { ...order, state: 'lost' } })).toBe(false)
  expect(accepts({ request_id: 'r', data: { ...order, currency: undefined } })).toBe(false)
  expect(accepts(order)).toBe(false)
})

test('a list that grows always has its page, a plain answer has none', () => {
  const accepts = compile(dataSchema('listOrders'))
  expect(accepts({ request_id: 'r', data: [], page: { next_cursor: null } })).toBe(true)
  expect(accepts({ request_id: 'r', data: [] })).toBe(false)
  expect(dataSchema('showOrder').properties).not.toHaveProperty('page')
})

test('a body is described as it is checked: unknown fields, at least one of some', () => {
  const accepts = compile(bodySchema('changeUserDetails'))
  expect(accepts({ name: 'Ada' })).toBe(true)
  expect(accepts({ password: 'long enough', current_password: 'x' })).toBe(true)
  expect(accepts({ current_password: 'x' })).toBe(false)
  expect(accepts({ name: 'Ada', nickname: 'A' })).toBe(false)
  expect(compile(bodySchema('changeUser'))({ account: '_shared' })).toBe(false)
})

test('schemas that recur are described once and referred to', () => {
  expect(dataSchema('showOrder').properties).toMatchObject({ data: { $ref: '#/components/schemas/Order' } })
  expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(['Order', 'Process', 'Problem']))
})

test('what a whole file or an event stream looks like stands beside the envelope', () => {
  const { content } = answerOf(document, routeOf('readData'), '200')
  const files = ['application/x-ndjson', 'text/csv', 'application/gzip', 'application/zstd']
  expect(Object.keys(content!)).toEqual(['application/json', ...files])
  expect(answerOf(document, routeOf('readData'), '304').content).toBeUndefined()
})

test('Accept, which OpenAPI refuses as a parameter, is told in words, other headers as parameters', () => {
  const operation = operationOf(document, routeOf('showProcess'))
  expect(operation.description).toContain('text/event-stream')
  expect((operation.parameters as Parameter[]).map(it => it.name)).toEqual(['process_id', 'Prefer'])
})

test('a route that takes bytes takes any type, and its codes stand beside a status that it answers itself', () => {
  const route = routesOf('payment')({
    verb: 'post',
    path: '/hook/:gateway',
    access: 'public',
    rawBody: true,
    contract: paymentApi.receiveWebhook,
    controller: () => ok(null),
  })
  const ready = routesOf('operations')({
    verb: 'get',
    path: '/ready',
    access: 'public',
    contract: { ...bare, name: 'ready', answers: { 503: { description: 'No', raw: { 'text/plain': Joi.any() } } } },
    controller: () => ok(null),
  })
  const small = createOpenApiDocument([route, ready], about)
  expect(small.paths['/hook/{gateway}']!.post!.requestBody).toEqual({ required: true, content: { '*/*': {} } })
  const unavailable = answerOf(small, ready, '503')
  expect(Object.keys(unavailable.content!)).toEqual(['text/plain', 'application/problem+json'])
  expect(codesIn(unavailable)).toEqual(['DEPENDENCY_UNAVAILABLE'])
})

test('the callback of an order is described: where it goes, its signature, its body', () => {
  const { callbacks } = operationOf(document, routeOf('placeOrder')) as unknown as {
    callbacks: { processFinished: Record<string, { post: { parameters: Parameter[]; requestBody: Answer } }> }
  }
  const { post } = callbacks.processFinished['{$request.body#/callback_url}']!
  expect(post.parameters.map(it => it.name)).toEqual(['webhook-id', 'webhook-timestamp', 'webhook-signature'])
  const { schema } = post.requestBody.content!['application/cloudevents+json']!
  expect(schema.required).toEqual(expect.arrayContaining(['type', 'data']))
  expect(schema.properties).toMatchObject({ data: { $ref: '#/components/schemas/Process' } })
})

test('two operations of one name are refused: clients are generated by it', () => {
  expect(() => createOpenApiDocument([...everyRoute, routeOf('placeOrder')], about)).toThrow('placeOrder')
})

test('a process serves one document of all its routes, the same bytes each time, with its public URL', async () => {
  const host = await startService([echoService()], { env: { PUBLIC_URL: 'https://api.example.com/' } })
  try {
    const first = await call(host.url, 'GET /openapi.json')
    expect(first.status).toBe(200)
    expect(first.headers.get('content-type')).toBe('application/json; charset=utf-8')
    const served = JSON.parse(first.text) as OpenApiDocument
    expect(served.openapi).toBe('3.1.0')
    expect(served.servers).toEqual([{ url: 'https://api.example.com' }])
    for (const route of host.routes) expect(operationOf(served, route).operationId).toBe(route.contract.name)
    expect(Object.values(served.paths).flatMap(path => Object.keys(path))).toHaveLength(host.routes.length)
    expect((await call(host.url, 'GET /openapi.json')).text).toBe(first.text)
    expect(await new Validator().validate(served as never)).toEqual({ valid: true })
  } finally {
    await host.stop()
  }
})

const bare = contract({ name: 'bare', summary: 'Bare', answers: {}, errors: [] })
const statusOf = (code: keyof typeof errorCatalogue) => String(errorCatalogue[code].status)
const fieldsOf = (schema: Joi.ObjectSchema | undefined) => Object.keys(schema?.describe().keys ?? {})

function routeOf(name: string): Route {
  return everyRoute.find(route => route.contract.name === name)!
}

function operationOf(of: OpenApiDocument, route: Route) {
  const operation = of.paths[route.path.replace(/:(\w+)/g, '{$1}')]?.[route.verb]
  if (!operation) throw new Error(`${route.verb} ${route.path} is not in the document`)
  return operation
}

function answerOf(of: OpenApiDocument, route: Route, status: string): Answer {
  const answer = operationOf(of, route).responses[status]!
  const shared = '$ref' in answer ? of.components.responses[answer.$ref.replace('#/components/responses/', '')] : answer
  return shared as unknown as Answer
}

function codesIn({ content }: Answer): string[] {
  const problem = content?.['application/problem+json']
  if (!problem) return []
  const [, own] = problem.schema.allOf as [unknown, { properties: { code: { enum: string[] } } }]
  const accepts = compile(problem.schema)
  for (const { value } of Object.values(problem.examples!)) expect(accepts(value)).toBe(true)
  return own.properties.code.enum
}

function schemasOf(of: OpenApiDocument, route: Route): JsonSchema[] {
  const { requestBody, parameters, responses } = operationOf(of, route)
  const body = requestBody ? [(requestBody as Answer).content!['application/json']!.schema] : []
  const answers = Object.keys(responses).flatMap(status => Object.values(answerOf(of, route, status).content ?? {}))
  return [...body, ...((parameters ?? []) as Parameter[]).map(it => it.schema), ...answers.map(({ schema }) => schema)]
}

function dataSchema(name: string): JsonSchema {
  return answerOf(document, routeOf(name), '200').content!['application/json']!.schema
}

function bodySchema(name: string): JsonSchema {
  const { requestBody } = operationOf(document, routeOf(name))
  return (requestBody as Answer).content!['application/json']!.schema
}

function compile(schema: JsonSchema): ValidateFunction {
  const text = JSON.stringify(schema).replaceAll('"#/components/', '"openapi#/components/')
  const known = compiled.get(text)
  if (known) return known
  const validate = ajv.compile(JSON.parse(text))
  compiled.set(text, validate)
  return validate
}
