import { call } from '@waybill/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mclassDatasets } from '../simulator/mclass-datasets.ts'
import { type MclassSimulator, startMclassSimulator } from '../simulator/start-mclass-simulator.ts'
import { type DataWorld, startDataWorld } from './data-world.ts'

let world: DataWorld
let mclass: MclassSimulator

beforeAll(async () => {
  world = await startDataWorld()
  mclass = await startMclassSimulator({ datasetsOf: mclassDatasets() })
  await call(world.host.url, 'PATCH /clouds/MCLASS', {
    token: world.signIn({ role: 'operator' }).token,
    body: { settings: { url: mclass.url, client_id: 'waybill', client_secret: 'mclass-secret' } },
  })
})
afterAll(async () => {
  await world.stop()
  await mclass.stop()
})

test('a cloud that hangs keeps nobody waiting for long, and its users only', async () => {
  const user = world.signIn({ cloud: 'MCLASS' })
  expect((await world.get(user, '/data?dataset=cars&limit=1')).status).toBe(200)
  mclass.latencyMilliseconds = 120_000
  const startedAt = Date.now()
  const hanging = ['/data', '/data?dataset=cars'].map(path => world.get(user, path))
  const local = await world.get(world.signIn(), '/data?dataset=cars')
  expect([local.status, Date.now() - startedAt < 5_000]).toEqual([200, true])
  for (const { status, body } of await Promise.all(hanging)) {
    expect([status, body.code]).toEqual([503, 'CLOUD_UNAVAILABLE'])
  }
  expect(Date.now() - startedAt).toBeLessThan(20_000)
})
