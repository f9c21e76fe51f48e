import type { CallbackAttempt } from '@waybill/contracts'
import { call, type TestHost, until } from '@waybill/platform/testing'
import { Webhook } from 'standardwebhooks'
import { uuidv7 } from 'uuidv7'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Receiver, startReceiver } from './a-receiver-of-callbacks.ts'
import { cancel, type Placed, placeOrder, showProcess, startOrderService, tell } from './an-order-and-its-events.ts'

let host: TestHost
let receiver: Receiver
let token: string
const principal = { user_id: uuidv7() }

beforeEach(async () => {
  host = await startOrderService({ env: { CALLBACK_ALLOW_PRIVATE: 'true' } }, { callbackTimeoutMilliseconds: 300 })
  receiver = await startReceiver()
  token = host.users.signIn(principal).token
})
afterEach(async () => {
  await host.stop()
  await receiver.stop()
})

async function deliver(url = receiver.url): Promise<Placed> {
  const placed = await placeOrder(host, token, { callback_url: url })
  await tell.authorized(host, placed)
  await tell.finished(host, placed)
  return placed
}

const attemptsOf = async ({ order }: Placed) =>
  (await call<CallbackAttempt[]>(host.url, `GET /callbacks?process_id=${order.process_id}`, { token })).body.data

/** The attempts, newest first, once there are so many. */
const attempts = (placed: Placed, count: number) =>
  until(
    () => attemptsOf(placed),
    list => list.length >= count,
  )

const secret = async () =>
  (await call<{ secret: string }>(host.url, 'GET /callbacks/secret', { token })).body.data.secret
const rotate = async () =>
  (await call<{ secret: string }>(host.url, 'POST /callbacks/secret/rotate', { token })).body.data.secret
const resend = (placed: Placed) =>
  call<{ webhook_id: string }>(host.url, `POST /callbacks/${placed.order.process_id}/resend`, { token })

describe('when a process ends', () => {
  test('its owner gets a signed CloudEvent with the process in it', async () => {
    const placed = await deliver()
    const [attempt] = await attempts(placed, 1)
    const [{ headers, body }] = receiver.received as [Receiver['received'][0]]
    const event = new Webhook(await secret()).verify(body, headers as Record<string, string>) as Record<string, unknown>
    expect(headers['content-type']).toMatch(/^application\/cloudevents\+json/)
    const finished = await host.broker.waitFor('export.finished', placed.order.id)
    expect(event).toEqual({
      specversion: '1.0',
      id: headers['webhook-id'],
      source: '/waybill/order',
      type: 'waybill.process.finished',
      subject: placed.order.id,
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      datacontenttype: 'application/json',
      requestid: finished.requestid,
      traceparent: finished.traceparent,
      data: await showProcess(host, token, placed.order.process_id),
    })
    expect(attempt).toEqual({
      id: expect.any(String),
      url: receiver.url,
      attempt: 1,
      status_code: 204,
      error: null,
      at: expect.any(String),
      next_attempt_at: null,
    })
  })

  test('its owner hears of a failure too', async () => {
    const placed = await placeOrder(host, token, { callback_url: receiver.url })
    await cancel(host, token, placed)
    await attempts(placed, 1)
    expect(JSON.parse(receiver.received[0]!.body).data).toMatchObject({ status: 2, state: 'failure' })
  })

  test('nobody is called who did not ask for it', async () => {
    const silent = await placeOrder(host, token)
    await cancel(host, token, silent)
    await attempts(await deliver(), 1)
    expect(receiver.received).toHaveLength(1)
    expect(await attemptsOf(silent)).toEqual([])
  })

  test('an end that is reported twice calls back once', async () => {
    const placed = await placeOrder(host, token, { callback_url: receiver.url })
    await tell.authorized(host, placed)
    const event = await tell.finished(host, placed)
    await host.broker.publish(event)
    await tell.finished(host, placed)
    await attempts(placed, 1)
    await attempts(await deliver(), 1)
    expect(receiver.received.filter(it => it.body.includes(placed.order.id))).toHaveLength(1)
  })
})

describe('a receiver that is out of order', () => {
  test('is tried again after 5 s, 30 s, 2 min, 10 min, 1 h and 6 h, always with the same webhook-id, then no more', async () => {
    receiver.answer = 500
    const placed = await deliver()
    const delays = [5, 30, 120, 600, 3_600, 21_600]
    for (const [made, seconds] of delays.entries()) {
      const [latest] = await attempts(placed, made + 1)
      const wait = (Date.parse(latest!.next_attempt_at!) - Date.parse(latest!.at)) / 1_000
      expect(wait).toBeGreaterThanOrEqual(seconds * 0.8)
      expect(wait).toBeLessThanOrEqual(seconds * 1.2)
      expect(latest).toMatchObject({ attempt: made + 1, status_code: 500, error: 'answered 500' })
      host.clock.advance(wait * 1_000)
    }
    const all = await attempts(placed, 7)
    expect(all[0]).toMatchObject({ attempt: 7, next_attempt_at: null })
    expect(new Set(receiver.received.map(it => it.headers['webhook-id'])).size).toBe(1)
    expect(new Set(receiver.received.map(it => it.body)).size).toBe(1)
    host.clock.advance(30 * 24 * 3_600_000)
    await attempts(await deliver(), 1)
    expect(await attemptsOf(placed)).toHaveLength(7)
  })

  test('gets its callback when it is back, also after a restart of ours', async () => {
    receiver.answer = 503
    const placed = await deliver()
    await attempts(placed, 1)
    host = await host.restart()
    token = host.users.signIn(principal).token
    receiver.answer = 200
    host.clock.advance(7_000)
    const [second, first] = await attempts(placed, 2)
    expect([first?.status_code, second?.status_code]).toEqual([503, 200])
    expect(second?.next_attempt_at).toBeNull()
    const [a, b] = receiver.received
    expect(b?.headers['webhook-id']).toBe(a?.headers['webhook-id'])
    const signed = new Webhook(await secret()).sign(
      String(b!.headers['webhook-id']),
      new Date(Number(b!.headers['webhook-timestamp']) * 1_000),
      b!.body,
    )
    expect(b!.headers['webhook-signature']).toBe(signed)
  })

  test('and says 410 is left alone', async () => {
    receiver.answer = 410
    const placed = await deliver()
    const [attempt] = await attempts(placed, 1)
    expect(attempt).toMatchObject({ status_code: 410, next_attempt_at: null })
    host.clock.advance(24 * 3_600_000)
    receiver.answer = 204
    await attempts(await deliver(), 1)
    expect(await attemptsOf(placed)).toHaveLength(1)
  })

  test('and redirects is not followed', async () => {
    receiver.answer = 307
    const [attempt] = await attempts(await deliver(), 1)
    expect(attempt).toMatchObject({ status_code: 307, error: 'answered 307: redirects are not followed' })
    expect(attempt?.next_attempt_at).not.toBeNull()
    expect(receiver.received.map(it => it.path)).toEqual(['/hook'])
  })

  test('and does not answer in time is tried again', async () => {
    receiver.answer = 'silent'
    const [attempt] = await attempts(await deliver(), 1)
    expect(attempt).toMatchObject({ status_code: null, error: 'no answer within 0.3 s' })
    expect(attempt?.next_attempt_at).not.toBeNull()
  })

  test('and is not there at all is tried again', async () => {
    const gone = await startReceiver()
    await gone.stop()
    const [attempt] = await attempts(await deliver(gone.url), 1)
    expect(attempt?.status_code).toBeNull()
    expect(attempt?.error).toContain('ECONNREFUSED')
    expect(attempt?.next_attempt_at).not.toBeNull()
  })
})

describe('asking for a callback again', () => {
  test('sends it once more at once, under the same webhook-id', async () => {
    const placed = await deliver()
    await attempts(placed, 1)
    const reply = await resend(placed)
    expect(reply.status).toBe(202)
    expect(reply.body.data).toEqual({
      process_id: placed.order.process_id,
      webhook_id: receiver.received[0]!.headers['webhook-id'],
    })
    expect((await attempts(placed, 2)).map(it => it.attempt)).toEqual([2, 1])
    expect(receiver.received[1]!.headers['webhook-id']).toBe(reply.body.data.webhook_id)
  })

  test('brings forward one that waits, and revives one that was stopped', async () => {
    for (const status of [500, 410]) {
      receiver.answer = status
      const placed = await deliver()
      await attempts(placed, 1)
      receiver.answer = 204
      await resend(placed)
      expect((await attempts(placed, 2))[0]).toMatchObject({ status_code: 204, next_attempt_at: null })
    }
  })

  test.each([204, 500])('while an attempt is under way that ends %i makes another one right after it', async status => {
    const underWay = Promise.withResolvers<number>()
    receiver.answer = underWay.promise
    const placed = await deliver()
    await until(
      () => receiver.received.length,
      count => count === 1,
    )
    await resend(placed)
    receiver.answer = 204
    underWay.resolve(status)
    const [second, first] = await attempts(placed, 2)
    expect([first?.status_code, second?.status_code]).toEqual([status, 204])
    expect(first?.next_attempt_at).toBe(first?.at)
  })

  test('is refused while the process runs, and where there is nobody to call', async () => {
    const running = await placeOrder(host, token, { callback_url: receiver.url })
    const early = await resend(running)
    expect([early.status, early.body.code]).toEqual([409, 'PROCESS_NOT_FINISHED'])
    const without = await placeOrder(host, token)
    await cancel(host, token, without)
    const nobody = await resend(without)
    expect([nobody.status, nobody.body.code]).toEqual([404, 'CALLBACK_NOT_FOUND'])
  })

  test('attempts come in pages, newest first', async () => {
    const placed = await deliver()
    for (let made = 1; made < 4; made++) {
      await attempts(placed, made)
      await resend(placed)
    }
    await attempts(placed, 4)
    const path = `GET /callbacks?process_id=${placed.order.process_id}&limit=3`
    const first = await call<CallbackAttempt[]>(host.url, path, { token })
    const rest = await call<CallbackAttempt[]>(host.url, `${path}&cursor=${first.body.page!.next_cursor}`, { token })
    expect([...first.body.data, ...rest.body.data].map(it => it.attempt)).toEqual([4, 3, 2, 1])
    expect(rest.body.page!.next_cursor).toBeNull()
  })
})

describe('the signing secret', () => {
  test('is 32 random bytes, stays the same until it is rotated, and is each user’s own', async () => {
    const [mine, again] = await Promise.all([secret(), secret()])
    expect(mine).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(again).toBe(mine)
    const other = host.users.signIn().token
    const theirs = await call<{ secret: string }>(host.url, 'GET /callbacks/secret', { token: other })
    expect(theirs.body.data.secret).not.toBe(mine)
    const fresh = await rotate()
    expect(fresh).not.toBe(mine)
    expect(await secret()).toBe(fresh)
  })

  const hours = 3_600_000

  /** Delivers, and answers which of `secrets` signed, in the order of the signatures; undefined for one of none of them. */
  async function signers(secrets: string[]): Promise<(string | undefined)[]> {
    await attempts(await deliver(), 1)
    const { headers, body } = receiver.received.at(-1)!
    const at = new Date(Number(headers['webhook-timestamp']) * 1_000)
    const signedBy = new Map(
      secrets.map(key => [new Webhook(key).sign(String(headers['webhook-id']), at, body), key] as const),
    )
    return String(headers['webhook-signature'])
      .split(' ')
      .map(signature => signedBy.get(signature))
  }

  test('signs beside the one before for 24 hours after a rotation, then alone', async () => {
    const before = await secret()
    const after = await rotate()
    expect(await signers([before, after])).toEqual([after, before])
    host.clock.advance(24 * hours - 1_000)
    expect(await signers([before, after])).toEqual([after, before])
    host.clock.advance(1_001)
    expect(await signers([before, after])).toEqual([after])
  })

  test('rotated again within 24 hours signs beside all that were replaced in the last 24 hours', async () => {
    const first = await secret()
    const second = await rotate()
    host.clock.advance(10 * hours)
    const third = await rotate()
    const all = [first, second, third]
    expect(await signers(all)).toEqual([third, second, first])
    host.clock.advance(14 * hours + 1_000)
    expect(await signers(all)).toEqual([third, second])
    host.clock.advance(10 * hours)
    expect(await signers(all)).toEqual([third])
  })

  test('rotated often signs beside the last five before it', async () => {
    const all = [await secret()]
    for (let made = 0; made < 7; made++) all.unshift(await rotate())
    expect(await signers(all)).toEqual(all.slice(0, 6))
  })

  test('rotated twice at once loses none that was given out', async () => {
    const before = await secret()
    const given = await Promise.all([rotate(), rotate()])
    const signed = await signers([before, ...given])
    expect([signed.length, new Set(signed)]).toEqual([3, new Set([before, ...given])])
    expect(signed[0]).toBe(await secret())
  })

  test('is kept sealed', async () => {
    const plain = await secret()
    await rotate()
    const rows = JSON.stringify(await host.query('order', 'select * from callback_secrets'))
    expect(rows).toContain('v1:')
    expect(rows).not.toContain(plain.slice('whsec_'.length))
  })
})
