// Over every call of the OpenAPI document: the SDK knows it, makes it, and the server answers what the types promise.
import { createServer } from 'node:http'
import { deliveredFileName, isWaybillError, ProcessFailedError, Waybill } from '@waybill/sdk'
import { type CallbackHeaders, verifyCallback } from '@waybill/sdk/callbacks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newHome, type RunningServer, runServer } from '../../../test/system/running-server.ts'
import { operations } from '../src/operations.ts'

/** Calls that are not for clients of the SDK, and why. */
const forOthers: Record<string, string> = {
  showOrderDetails: 'the same as showOrder',
  findPaymentDetails: 'the same as showPaymentDetails',
  readUserData: 'the same as readData',
  receivePaymentWebhook: 'for gateways',
  receiveNotification: 'for SNS',
  showWaitingWork: 'for the services among each other',
  hastenWaitingWork: 'for the services among each other',
  checkHealth: 'for who starts the process anew when it is dead',
  readOpenApi: 'a document',
  readAsyncApi: 'a document',
  readDocs: 'a page',
  readDocsFile: 'a part of a page',
  readEventsPage: 'a page',
}

const password = 'correct horse battery'
const made = new Set<string>()
let home: Awaited<ReturnType<typeof newHome>>
let server: RunningServer
let documented: Record<string, string>
let customer: Waybill
let operator: Waybill

const recording: typeof fetch = async (input, init) => {
  made.add(`${init?.method} ${new URL(String(input)).pathname}`)
  return fetch(input, init)
}
const client = () => new Waybill({ server: server.url, fetch: recording })

beforeAll(async () => {
  home = await newHome()
  server = await runServer(home.home, { CALLBACK_ALLOW_PRIVATE: 'true' })
  const { paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { operationId: string }>>
  }
  documented = Object.fromEntries(
    Object.entries(paths).flatMap(([path, verbs]) =>
      Object.entries(verbs).map(([verb, { operationId }]) => [operationId, `${verb.toUpperCase()} ${path}`]),
    ),
  )
  operator = client()
  await operator.signIn(server.operator!)
  customer = client()
  await customer.signUp({ name: 'Ada', email: 'ada@example.com', password })
  await customer.signIn({ email: 'ada@example.com', password })
})
afterAll(async () => {
  await server?.stop()
  await home.remove()
})

test('the SDK knows every call of the document, as it stands there', () => {
  expect({ ...operations, ...pick(documented, Object.keys(forOthers)) }).toEqual(documented)
})

const pick = (from: Record<string, string>, names: string[]) =>
  Object.fromEntries(names.map(name => [name, from[name]]))

describe('a customer', () => {
  let orderId: string
  let processId: string

  test('changes their details and chooses a cloud', async () => {
    expect(await customer.isSignedIn()).toBe(true)
    expect(await customer.me.details()).toMatchObject({ email: 'ada@example.com', cloud: null })
    expect(await customer.me.change({ name: 'Ada L.' })).toMatchObject({ name: 'Ada L.' })
    await expect(customer.orders.place({ items: [{ dataset: 'airports' }] })).rejects.toMatchObject({
      code: 'CLOUD_NOT_REGISTERED',
    })
    expect(await customer.clouds.list()).toContainEqual(expect.objectContaining({ name: 'LOCAL', mode: 'immediate' }))
    expect(await customer.clouds.prices()).toContainEqual({ cloud: 'LOCAL', amount: 100, currency: 'USD' })
    expect(await customer.me.registerCloud('LOCAL')).toMatchObject({ cloud: 'LOCAL' })
  })

  test('reads data right now, record after record', async () => {
    const { datasets } = await customer.data.datasets()
    expect(datasets.map(({ name }) => name)).toContain('airports')
    const pages = customer.data.records<{ iata: string }>('airports', { limit: 2 })
    const { items, data, next_cursor } = await pages.page()
    expect(data).toMatchObject({ cloud: 'LOCAL', dataset: 'airports', records: items })
    const second = await pages.page(next_cursor!)
    expect((await pages.take(5)).slice(0, 4)).toEqual([...items, ...second.items])
  })

  test('places an order, sees its progress, and downloads what was delivered', async () => {
    const seen: number[] = []
    const { order, process, finished } = await customer.orders.place(
      { items: [{ dataset: 'airports' }, { dataset: 'movies', format: 'csv' }], payment: { token: 'tok_approve' } },
      { requestId: 'sdk-test-1' },
    )
    orderId = order.id
    processId = process.process_id
    expect(await finished({ onProgress: ({ percentage }) => seen.push(percentage) })).toMatchObject({ status: 1 })
    expect(seen.at(-1)).toBe(100)
    expect(seen).toEqual([...seen].sort((a, b) => a - b))

    const { files } = await customer.data.manifest(processId)
    for (const { dataset, bytes, format } of files) {
      const file = await customer.data.file(processId, dataset)
      expect(file).toMatchObject({ dataset, bytes, format })
      expect((await new Response(file.stream).arrayBuffer()).byteLength).toBe(bytes)
    }
    const part = await customer.data.file(processId, 'movies', { start: 2, end: 5 })
    const whole = await new Response((await customer.data.file(processId, 'movies')).stream).text()
    expect(await new Response(part.stream).text()).toBe(whole.slice(2, 6))
    await expect(customer.data.file(processId)).rejects.toThrow('delivered airports, movies: say which')
    expect(await customer.data.records({ process_id: processId, dataset: 'airports' }).take(30)).toHaveLength(30)
    expect(await customer.data.export(processId)).toMatchObject({ state: 'finished' })
  })

  test('looks at the order from all sides', async () => {
    expect(await customer.orders.get(orderId)).toMatchObject({ state: 'delivered' })
    expect(await customer.orders.status(orderId)).toMatchObject({ state: 'delivered', process_id: processId })
    const history = await customer.orders.history(orderId)
    expect(history.map(({ to }) => to)).toEqual(['created', 'confirmed', 'delivered'])
    expect(history[0]!.request_id).toBe('sdk-test-1')
    expect((await customer.orders.explain(orderId)).entries.length).toBeGreaterThan(2)
    const told = await Array.fromAsync(customer.orders.watchExplanation(orderId))
    expect(told.at(-1)).toMatchObject({ ended: true, trouble: null, next: expect.stringContaining('nothing') })
    await expect(customer.orders.retry(orderId)).rejects.toMatchObject({ code: 'NOTHING_TO_RETRY' })
    expect(await customer.orders.list({ state: 'delivered' }).take(10)).toHaveLength(1)
    expect(await customer.processes.list({ status: 1 }).take(10)).toHaveLength(1)
    expect(await customer.processes.get(processId, { wait: 1 })).toMatchObject({ status: 1 })
    const payment = await customer.payments.ofOrder(orderId)
    expect(await customer.payments.get(payment.id)).toEqual(payment)
    expect(await customer.payments.list({ order_id: orderId }).take(10)).toEqual([payment])
    expect(await customer.payments.gateways()).toEqual([{ name: 'mock' }])
    expect(await customer.callbacks.list(processId).take(10)).toEqual([])
  })

  test('pays later, and cancels', async () => {
    const later = { items: [{ dataset: 'cars' }], payment: { mode: 'later' as const } }
    const paid = await customer.orders.place(later)
    await customer.payments.pay({ order_id: paid.order.id, token: 'tok_approve' })
    expect(await paid.finished()).toMatchObject({ status: 1 })
    const unpaid = await customer.orders.place(later)
    const ending = unpaid.finished().catch((error: unknown) => error)
    expect(await customer.orders.cancel(unpaid.order.id)).toMatchObject({ cancel_reason: 'cancelled_by_user' })
    expect(await ending).toBeInstanceOf(ProcessFailedError)
    const error = await customer.orders.cancel(unpaid.order.id).catch((error: unknown) => error)
    expect(isWaybillError(error, 'ORDER_NOT_CANCELLABLE')).toBe(true)
  })

  test('is told why an order failed, and which fields are bad', async () => {
    const { finished } = await customer.orders.place({
      items: [{ dataset: 'unicorns' }],
      payment: { token: 'tok_approve' },
    })
    await expect(finished()).rejects.toMatchObject({
      ...{ code: 'PROCESS_FAILED', message: expect.stringContaining('unicorns') },
      process: { status: 2 },
    })
    await expect(customer.orders.place({ items: [{ dataset: '../x' }] })).rejects.toMatchObject({
      ...{ code: 'VALIDATION_FAILED', status: 400, retryable: false },
      errors: [{ field: 'items[0].dataset', message: expect.any(String) }],
    })
  })

  test('receives callbacks, verifies them, and turns away what is not signed', async () => {
    const secrets = [await customer.callbacks.secret()]
    const received: { headers: CallbackHeaders; body: string }[] = []
    const receiver = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      received.push({ headers: request.headers, body })
      response.end()
    })
    await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve))
    const callback_url = `http://127.0.0.1:${(receiver.address() as { port: number }).port}/hook`
    const { process, finished } = await customer.orders.place({
      ...{ items: [{ dataset: 'cars' }], payment: { token: 'tok_approve' }, callback_url },
    })
    await finished()
    await expect.poll(() => received.length, { timeout: 10_000 }).toBe(1)
    const { headers, body } = received[0]!
    expect(verifyCallback(headers, body, secrets)).toMatchObject({
      ...{ type: 'waybill.process.finished', data: { process_id: process.process_id, status: 1 } },
    })
    const refused = expect.objectContaining({ code: 'CALLBACK_REFUSED' })
    expect(() => verifyCallback(headers, body.replace('"status":1', '"status":2'), secrets)).toThrow(refused)
    expect(() => verifyCallback(new Headers(), body, secrets)).toThrow(refused)
    expect(() => verifyCallback(headers, body, [])).toThrow(refused)

    await customer.callbacks.resend(process.process_id)
    await expect.poll(() => received.length, { timeout: 10_000 }).toBe(2)
    expect(verifyCallback(received[1]!.headers, received[1]!.body, secrets).id).toBe(JSON.parse(body).id)
    const rotated = await customer.callbacks.rotateSecret()
    expect(() => verifyCallback(headers, body, rotated)).toThrow(refused)
    expect(verifyCallback(headers, body, [rotated, ...secrets])).toEqual(JSON.parse(body))
    await new Promise(resolve => receiver.close(resolve))
  })

  test('is forbidden what is for operators', async () => {
    await expect(customer.users.list().page()).rejects.toMatchObject({ code: 'FORBIDDEN', status: 403 })
    await expect(customer.orders.list({ all: true }).page()).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })
})

describe('an operator', () => {
  test('sees users and changes them', async () => {
    const [user] = await operator.users.list().take(1)
    expect(user).toMatchObject({ email: 'ada@example.com', disabled: false })
    expect(await operator.users.get(user!.id)).toEqual(user)
    expect(await operator.users.change(user!.id, { account: 'ada' })).toMatchObject({ account: 'ada' })
  })

  test('adds clouds and sets prices', async () => {
    const settings = { root: `${home.home}/clouds/second` }
    await operator.clouds.add({ name: 'SECOND', driver: 'local', mode: 'order', settings })
    expect(await operator.clouds.change('SECOND', { mode: 'immediate' })).toMatchObject({ mode: 'immediate' })
    expect(await operator.clouds.check('SECOND')).toMatchObject({ detail: expect.any(String) })
    const price = { amount: 250, currency: 'EUR' }
    expect(await operator.clouds.setPrice('SECOND', price)).toEqual({ cloud: 'SECOND', ...price })
  })

  test('gives money back, and no more than there is', async () => {
    const [order] = await operator.orders.list({ all: true, state: 'delivered' }).take(1)
    const [payment] = await operator.payments.ofOrders([order!.id])
    expect(await operator.payments.refund(payment!.id, { amount: 40, reason: 'test' })).toMatchObject({
      refunded_amount: 40,
    })
    await expect(operator.payments.refund(payment!.id, { amount: 61, reason: 'test' })).rejects.toMatchObject({
      code: 'REFUND_EXCEEDS_CAPTURED',
    })
    expect(await operator.data.exports([order!.process_id])).toMatchObject([{ process_id: order!.process_id }])
  })

  test('audits, and looks for what is stuck', async () => {
    const { data, items } = await operator.desk.audit().page()
    expect(data.checked).toBeGreaterThan(3)
    expect(items).toEqual([])
    expect(await operator.desk.deadLetters({ service: 'order' }).take(1)).toEqual([])
    // What has just happened may still be on its way.
    await expect.poll(() => operator.desk.outbox({ service: 'data' }).take(1), { timeout: 5_000 }).toEqual([])
    await expect(operator.desk.replayDeadLetter('01939d5e-0000-7000-8000-000000000000')).rejects.toMatchObject({
      code: 'DEAD_LETTER_NOT_FOUND',
    })
    const [order] = await operator.orders.list({ all: true }).take(1)
    await expect(operator.orders.replay(order!.id)).rejects.toMatchObject({ code: 'DEAD_LETTER_NOT_FOUND' })
    expect(await operator.readiness()).toMatchObject({ status: 'ready', dependencies: { database: { status: 'up' } } })
    const samples = await operator.desk.metrics()
    expect(samples.find(({ name }) => name === 'waybill_process_info')!.labels.id).toMatch(/^[0-9a-f]{12}$/)
    const published = samples.filter(({ name }) => name === 'waybill_events_published_total')
    expect(published.find(({ labels }) => labels.type === 'order.created')!.value).toBeGreaterThan(3)
    expect(await operator.keys()).toMatchObject([{ kty: 'OKP' }])
  })
})

test('signing out ends the session, and a second time does no harm', async () => {
  await customer.signOut()
  expect(await customer.isSignedIn()).toBe(false)
  await customer.signOut()
  await expect(customer.me.details()).rejects.toMatchObject({ code: 'NOT_AUTHENTICATED' })
})

test('downloads packed files as they are stored, whole and in part', async () => {
  const buyer = client()
  const credentials = { email: 'packed@example.com', password }
  await buyer.signUp({ name: 'Grace', cloud: 'LOCAL', ...credentials })
  await buyer.signIn(credentials)
  const kinds = [
    ['airports', 'gzip'],
    ['movies', 'zstd'],
  ] as const
  const items = kinds.map(([dataset, compression]) => ({ dataset, compression }))
  const packed = await buyer.orders.place({
    items: [...items, { dataset: 'cars', compression: 'none' }],
    payment: { token: 'tok_approve' },
  })
  expect(packed.order.items).toEqual([
    ...items.map(item => ({ ...item, format: 'ndjson' })),
    { dataset: 'cars', format: 'ndjson' },
  ])
  await packed.finished()
  const { files } = await buyer.data.manifest(packed.process.process_id)
  for (const [at, [dataset, compression]] of kinds.entries()) {
    const file = await buyer.data.file(packed.process.process_id, dataset)
    expect(file).toMatchObject({ compression, sha256: files[at]!.sha256 })
    const bytes = Buffer.from(await new Response(file.stream).arrayBuffer())
    expect(bytes.length).toBe(files[at]!.bytes)
    expect(bytes.subarray(0, 2).toString('hex')).toBe(compression === 'gzip' ? '1f8b' : '28b5')
    const part = await buyer.data.file(packed.process.process_id, dataset, { start: 9, end: 99 })
    expect(Buffer.from(await new Response(part.stream).arrayBuffer()).equals(bytes.subarray(9, 100))).toBe(true)
    expect(deliveredFileName(file)).toBe(`${dataset}.ndjson.${compression === 'gzip' ? 'gz' : 'zst'}`)
  }
  expect(files[2]!.compression).toBeUndefined()
})

test('every call that the SDK knows was made, but the refreshing of tokens, which has tests of its own', () => {
  const notMade = Object.entries(operations)
    .filter(([name]) => name !== 'refreshSession')
    .filter(([, call]) => {
      const pattern = new RegExp(`^${call.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`)
      return ![...made].some(it => pattern.test(it))
    })
  expect(notMade).toEqual([])
})
