import { call } from '@waybill/platform/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type MclassDataset, type MclassSimulator, startMclassSimulator } from '../simulator/start-mclass-simulator.ts'
import { type DataWorld, type SignedIn, startDataWorld } from './data-world.ts'

let world: DataWorld
let mclass: MclassSimulator
let user: SignedIn

const exact = '{"n":12345678901234567890,"f":1.0,"e":1E2,"s":"é ☃","o":{"x":[1.10,-0.0]}}'
const dataset = (name: string, records: string[]): MclassDataset => ({
  ...{ name, records, updatedAt: '2026-01-02T03:04:05.678Z' },
})

beforeAll(async () => {
  world = await startDataWorld()
  const numbers = Array.from({ length: 250 }, (_, at) => `{"id":${at}}`)
  mclass = await startMclassSimulator({
    datasetsOf: account =>
      account === 'nobody' ? undefined : [dataset('numbers', numbers), dataset('exact', [exact])],
  })
  await setUp({ url: mclass.url, client_id: 'waybill', client_secret: 'mclass-secret' })
  user = world.signIn({ cloud: 'MCLASS' })
})
afterAll(async () => {
  await world.stop()
  await mclass.stop()
})
beforeEach(() => {
  mclass.calls.length = 0
  mclass.next.length = 0
})

function setUp(settings: Record<string, string>) {
  const { token } = world.signIn({ role: 'operator' })
  return call(world.host.url, 'PATCH /clouds/MCLASS', { token, body: { settings } })
}

const read = () => world.get<{ records: unknown[] }>(user, '/data?dataset=numbers&limit=2')
const logins = () => mclass.calls.filter(path => path === 'POST /login').length

test('datasets are listed with their size and age', async () => {
  const { body } = await world.get(user, '/data')
  expect(body.data).toEqual({
    cloud: 'MCLASS',
    as_of: expect.any(String),
    datasets: [
      { name: 'exact', bytes: Buffer.byteLength(exact) + 1, updated_at: '2026-01-02T03:04:05.678Z' },
      { name: 'numbers', bytes: expect.any(Number), updated_at: '2026-01-02T03:04:05.678Z' },
    ],
  })
})

test('an account that MClass does not know has no datasets', async () => {
  const stranger = world.signIn({ cloud: 'MCLASS', account: 'nobody' })
  expect((await world.get(stranger, '/data')).body.data).toMatchObject({ datasets: [] })
  expect((await world.get(stranger, '/data?dataset=numbers')).body.code).toBe('DATASET_NOT_FOUND')
})

test('numbers keep their digits on the way, read and delivered', async () => {
  expect((await world.get(user, '/data?dataset=exact')).text).toContain(exact)
  const { process_id } = await world.exportAndDeliver(user, ['exact'])
  const file = await world.get(user, `/data?process_id=${process_id}`, { Accept: 'application/x-ndjson' })
  expect(file.text).toBe(`${exact}\n`)
})

describe('the login', () => {
  test('is made once and kept', async () => {
    await setUp({ client_id: 'waybill' })
    await Promise.all([read(), read(), read()])
    await read()
    expect(logins()).toBe(1)
  })

  test('is made anew when the token is refused, and the request repeated', async () => {
    await read()
    mclass.expireTokens()
    mclass.calls.length = 0
    expect((await read()).status).toBe(200)
    expect(logins()).toBe(1)
  })

  test('is made anew when the token has run out', async () => {
    await read()
    mclass.calls.length = 0
    world.host.clock.advance(11 * 60_000)
    expect((await read()).status).toBe(200)
    expect(logins()).toBe(1)
  })

  test('that is refused is said to be', async () => {
    await setUp({ client_secret: 'wrong' })
    const { status, body } = await read()
    expect([status, body.code]).toEqual([502, 'CLOUD_REFUSED'])
    await setUp({ client_secret: 'mclass-secret' })
    expect((await read()).status).toBe(200)
  })
})

test.each([400, 403, 418, 302])('%i is a refusal and not tried again', async status => {
  await read()
  mclass.calls.length = 0
  mclass.next.push(status)
  expect((await read()).body.code).toBe('CLOUD_REFUSED')
  expect(mclass.calls).toHaveLength(1)
})
