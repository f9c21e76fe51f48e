// One trace goes through HTTP, business operations, events and calls between services; who wants none does not pay for it.
import { execFile } from 'node:child_process'
import { createServer, type RequestListener, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { contract } from '@waybill/contracts'
import Joi from 'joi'
import { uuidv7 } from 'uuidv7'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ok, routesOf } from '../src/http/index.ts'
import { createLogger, currentContext, traced } from '../src/log/index.ts'
import { call, startService, type TestHost, until } from '../src/testing/index.ts'
import { echoService } from './echo-service.ts'

interface Span {
  name: string
  kind: number
  traceId: string
  spanId: string
  parentSpanId?: string
  status: { code?: number; message?: string }
  attributes: { key: string; value: Record<string, unknown> }[]
}

interface Export {
  resourceSpans: { resource: Pick<Span, 'attributes'>; scopeSpans: { spans: Span[] }[] }[]
}

const serverKind = 2
const clientKind = 3
const failed = 2
/** A change that the handler of its event fails on. */
const unluckyId = uuidv7()

let collector: Server
let answer: RequestListener
let exports: Export[]
let host: TestHost

beforeEach(async () => {
  exports = []
  answer = async (request, response) => {
    if (request.url === '/v1/traces') exports.push(JSON.parse(await text(request)))
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}')
  }
  collector = createServer((request, response) => answer(request, response))
  await new Promise<void>(resolve => collector.listen(0, '127.0.0.1', resolve))
})
afterEach(() => {
  collector.closeAllConnections()
  collector.close()
})

const collectorUrl = () => `http://127.0.0.1:${(collector.address() as { port: number }).port}`

/** A request is answered by a business operation that asks a peer and states a fact, which a handler writes down. */
async function start(): Promise<void> {
  const withStory = echoService((service, { broker, log, peers }) => {
    const writeNote = traced(log, 'dao', 'writeNote', (tx: typeof service.notes.db, note: string) =>
      tx.insertInto('notes').values({ id: uuidv7(), text: note }).execute(),
    )
    const tellOfChange = traced(log, 'bo', 'tellOfChange', async (userId: string) => {
      await peers.order.call('GET', '/notes/latest')
      await service.notes.transaction(tx =>
        service.plumbing.outbox.add(tx, 'user.changed', userId, { user_id: userId }),
      )
    })
    service.plumbing.consumer.subscribe(broker, {
      'user.changed': traced(log, 'bo', 'writeNoteWhenUserChanged', async (tx, event) => {
        await writeNote(tx, currentContext()!.requestId)
        if (event.data.user_id === unluckyId) throw new Error('no')
      }),
    })
    service.routes.push(
      routesOf('order')({
        verb: 'post',
        path: '/changes/:id',
        access: 'public',
        contract: contract({
          name: 'tell',
          summary: '',
          params: Joi.object<{ id: string }>({ id: Joi.string().required() }),
          answers: { 200: { description: '', data: Joi.any() } },
          errors: [],
        }),
        controller: async ({ params }) => {
          await tellOfChange(params.id)
          return ok('told')
        },
      }),
    )
  })
  host = await startService([withStory], { env: { OTEL_EXPORTER_OTLP_ENDPOINT: `${collectorUrl()}/` } })
}

/** Stops the host, which sends what is left, and answers the spans that came. */
async function collected(): Promise<Span[]> {
  await host.stop()
  return exports.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(of => of.scopeSpans.flatMap(({ spans }) => spans)),
  )
}

function attributesOf({ attributes }: Pick<Span, 'attributes'>): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}

/** The names of a trace's spans, each inside of its parent's; siblings by name. */
function tree(spans: Span[], parentSpanId: string | undefined): unknown[] {
  return spans
    .filter(span => (span.parentSpanId || undefined) === parentSpanId)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(span => {
      const inside = tree(spans, span.spanId)
      return inside.length === 0 ? span.name : { [span.name]: inside }
    })
}

test('a request, what it asks of a peer and what its event sets off are one trace', async () => {
  await start()
  await call(host.url, `POST /changes/${uuidv7()}`)
  await until(
    () => host.broker.published.length,
    count => count === 1,
  )
  const event = host.broker.published[0]!
  const spans = await collected()
  const [request] = spans.filter(span => span.name === 'POST /changes/:id')
  const trace = spans.filter(span => span.traceId === request!.traceId)
  expect(tree(trace, undefined)).toEqual([
    {
      'POST /changes/:id': [
        {
          'controller tell': [
            {
              'bo tellOfChange': [
                { 'GET order': [{ 'GET /notes/latest': ['controller latestNote'] }] },
                { 'bo writeNoteWhenUserChanged': ['dao writeNote'] },
              ],
            },
          ],
        },
      ],
    },
  ])
  const operation = trace.find(span => span.name === 'bo tellOfChange')!
  expect(event.traceparent).toBe(`00-${operation.traceId}-${operation.spanId}-01`)
  expect(request).toMatchObject({ kind: serverKind, status: { code: 0 } })
  expect(attributesOf(request!)).toMatchObject({
    'http.request.method': 'POST',
    'http.route': '/changes/:id',
    'http.response.status_code': 200,
  })
  const asked = trace.find(span => span.name === 'GET order')!
  expect(asked).toMatchObject({ kind: clientKind, status: { code: 0 } })
  expect(attributesOf(asked)).toMatchObject({
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'url.full': `${host.url.replace('localhost', '127.0.0.1')}/notes/latest`,
  })
  const resources = exports.flatMap(({ resourceSpans }) => resourceSpans.map(of => attributesOf(of.resource)))
  const about = { 'service.namespace': 'waybill', 'service.version': '1.0.0' }
  expect(resources).toContainEqual(expect.objectContaining({ ...about, 'service.name': 'waybill-order' }))
})

test("a caller's trace is continued, and one that they do not record is not recorded here", async () => {
  await start()
  const [trace, span] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']
  const get = (flags: string) =>
    call(host.url, 'GET /notes/latest', { headers: { traceparent: `00-${trace}-${span}-${flags}` } })
  await get('01')
  await get('00')
  await call(host.url, 'GET /notes/latest', { headers: { traceparent: 'rubbish' } })
  const spans = await collected()
  expect(
    tree(
      spans.filter(({ traceId }) => traceId === trace),
      span,
    ),
  ).toEqual([{ 'GET /notes/latest': ['controller latestNote'] }])
  expect(tree(spans, undefined)).toEqual([{ 'GET /notes/latest': ['controller latestNote'] }])
})

test('what fails is marked, a refusal is no failure of the server', async () => {
  await start()
  await call(host.url, 'POST /broken')
  await call(host.url, 'GET /nowhere')
  await call(host.url, `POST /changes/${unluckyId}`)
  await until(
    () => host.broker.published.length,
    count => count === 1,
  )
  const spans = await collected()
  const named = (name: string) => spans.find(span => span.name === name)!
  const message = 'Error: secret table users has no column x'
  expect(named('controller break').status).toEqual({ code: failed, message })
  expect(named('POST /broken').status.code).toBe(failed)
  expect(attributesOf(named('POST /broken'))).toMatchObject({ 'http.response.status_code': 500, 'error.type': '500' })
  expect(named('GET').status.code).toBe(0)
  expect(attributesOf(named('GET'))).toMatchObject({ 'http.response.status_code': 404 })
  expect(attributesOf(named('GET'))).not.toHaveProperty('http.route')
  expect(named('bo writeNoteWhenUserChanged').status).toEqual({ code: failed, message: 'Error: no' })
})

test('a collector that does not answer holds up a stop for two seconds at most', async () => {
  answer = () => {}
  await start()
  await call(host.url, 'GET /notes/latest')
  const began = performance.now()
  await host.stop()
  expect(performance.now() - began).toBeLessThan(3_500)
})

/** What a process that hosts a service, and answers a request, has loaded of OpenTelemetry. */
async function packagesLoaded(env: Record<string, string>): Promise<string[]> {
  const module = (path: string) => JSON.stringify(new URL(path, import.meta.url))
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = new Set()
    registerHooks({
      load(url, context, next) {
        const found = /node_modules\\/(@opentelemetry\\/[^/]+)/.exec(url)
        if (found) loaded.add(found[1])
        return next(url, context)
      },
    })
    const { startService, call } = await import(${module('../src/testing/index.ts')})
    const { echoService } = await import(${module('./echo-service.ts')})
    const host = await startService([echoService()], { env: ${JSON.stringify(env)} })
    await call(host.url, 'GET /notes/latest')
    await host.stop()
    process.stdout.write(JSON.stringify([...loaded]))
  `
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: import.meta.dirname,
  })
  return JSON.parse(stdout)
}

test('nothing of the SDK is loaded where no collector is named', async () => {
  const sdk = ['@opentelemetry/sdk-trace', '@opentelemetry/exporter-trace-otlp-http', '@opentelemetry/resources']
  expect(await packagesLoaded({ OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl() })).toEqual(expect.arrayContaining(sdk))
  // The API alone: prom-client asks for it.
  expect(await packagesLoaded({})).toEqual(['@opentelemetry/api'])
})

test('a function is itself where neither spans nor debug lines are wanted', async () => {
  const log = createLogger({ name: 'test', level: 'silent' })
  const plain = () => 'answer'
  expect(traced(log, 'bo', 'plain', plain)).toBe(plain)
  await start()
  expect(traced(log, 'bo', 'plain', plain)).not.toBe(plain)
  await host.stop()
  expect(traced(log, 'bo', 'plain', plain)).toBe(plain)
})
