import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cloud, CloudCheck } from '@waybill/contracts'
import { call } from '@waybill/platform/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mclassDatasets } from '../simulator/mclass-datasets.ts'
import { type MclassSimulator, startMclassSimulator } from '../simulator/start-mclass-simulator.ts'
import { type DataWorld, startDataWorld } from './data-world.ts'

let world: DataWorld
let mclass: MclassSimulator
let token: string

beforeAll(async () => {
  world = await startDataWorld()
  mclass = await startMclassSimulator({ datasetsOf: mclassDatasets() })
  token = world.signIn({ role: 'operator' }).token
})
afterAll(async () => {
  await world.stop()
  await mclass.stop()
})

const asOperator = <T>(verbAndPath: string, body?: unknown) => call<T>(world.host.url, verbAndPath, { token, body })
const settings = () => ({ url: mclass.url, client_id: 'waybill', client_secret: 'mclass-secret' })

async function listClouds(): Promise<Cloud[]> {
  return (await call<Cloud[]>(world.host.url, 'GET /clouds')).body.data
}

describe('the clouds', () => {
  test('anybody sees all of them; those without settings are not enabled', async () => {
    expect(await listClouds()).toEqual([
      { name: 'AWS', driver: 'aws', mode: 'immediate', enabled: false },
      { name: 'AZURE', driver: 'azure', mode: 'immediate', enabled: false },
      { name: 'GOOGLE', driver: 'google', mode: 'immediate', enabled: false },
      { name: 'IBM', driver: 'ibm', mode: 'immediate', enabled: false },
      { name: 'LOCAL', driver: 'local', mode: 'immediate', enabled: true },
      { name: 'MCLASS', driver: 'mclass', mode: 'immediate', enabled: false },
    ])
  })

  test('a cloud that is added with settings is enabled, and its users read from it', async () => {
    const added = await asOperator('POST /clouds', {
      ...{ name: 'SECOND', driver: 'mclass', mode: 'immediate', settings: settings() },
    })
    expect(added.status).toBe(201)
    expect(added.body.data).toEqual({ name: 'SECOND', driver: 'mclass', mode: 'immediate', enabled: true })
    const user = world.signIn({ cloud: 'SECOND' })
    const { body } = await world.get<{ records: unknown[] }>(user, '/data?dataset=airports&limit=3')
    expect(body.data.records).toHaveLength(3)
  })

  test('a name can be taken once, also by two at the same time', async () => {
    const body = { name: 'TWICE', driver: 'local', mode: 'order' }
    const replies = await Promise.all([asOperator('POST /clouds', body), asOperator('POST /clouds', body)])
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409])
    const again = await asOperator('POST /clouds', body)
    expect([again.status, again.body.code]).toEqual([409, 'CLOUD_EXISTS'])
  })

  test.each([
    ['an unknown driver', { driver: 'floppy' }, ['driver']],
    ['a driver that leads elsewhere', { driver: '../local' }, ['driver']],
    ['a missing setting', { settings: { url: 'http://x', client_id: 'a' } }, ['settings.client_secret']],
    [
      'settings that nobody knows, and bad ones',
      { settings: { url: 'ftp://x', client_id: 'a', client_secret: 's3cret', extra: 1 } },
      ['settings.url', 'settings.extra'],
    ],
    ['a bad mode and name', { name: 'lower', mode: 'never' }, ['name', 'mode']],
  ])('%s is refused, every bad field named', async (_, change, fields) => {
    const body = { name: 'BAD', driver: 'mclass', mode: 'immediate', settings: settings(), ...change }
    const reply = await asOperator('POST /clouds', body)
    expect([reply.status, reply.body.code]).toEqual([400, 'VALIDATION_FAILED'])
    expect(reply.body.errors?.map(({ field }) => field).sort()).toEqual([...fields].sort())
    expect(reply.text).not.toContain('s3cret')
    expect((await listClouds()).map(({ name }) => name)).not.toContain('BAD')
  })
})

describe('changing a cloud', () => {
  test('settings are merged; null takes one away; what is stored is whole and valid', async () => {
    await asOperator('POST /clouds', { name: 'MERGED', driver: 'mclass', mode: 'immediate' })
    expect((await listClouds()).find(({ name }) => name === 'MERGED')?.enabled).toBe(false)
    const half = await asOperator('PATCH /clouds/MERGED', { settings: { url: mclass.url } })
    expect(half.body.errors?.map(({ field }) => field)).toEqual(['settings.client_id', 'settings.client_secret'])

    const whole = await asOperator<Cloud>('PATCH /clouds/MERGED', { settings: { ...settings(), client_secret: 'no' } })
    expect(whole.body.data.enabled).toBe(true)
    const wrong = await asOperator<CloudCheck>('POST /clouds/MERGED/check')
    expect(wrong.body.data).toEqual({ ok: false, detail: expect.stringContaining('401'), datasets: null })

    await asOperator('PATCH /clouds/MERGED', { settings: { client_secret: 'mclass-secret' } })
    const right = await asOperator<CloudCheck>('POST /clouds/MERGED/check')
    expect(right.body.data).toEqual({ ok: true, detail: 'logged in to MERGED', datasets: 6 })

    const less = await asOperator('PATCH /clouds/MERGED', { settings: { client_id: null } })
    expect(less.body.errors?.map(({ field }) => field)).toEqual(['settings.client_id'])
    expect((await asOperator<CloudCheck>('POST /clouds/MERGED/check')).body.data.ok).toBe(true)
  })

  test('a cloud that is switched off is not read from; what was delivered still is', async () => {
    await asOperator('POST /clouds', { name: 'SWITCHED', driver: 'mclass', mode: 'immediate', settings: settings() })
    const user = world.signIn({ cloud: 'SWITCHED' })
    const { process_id } = await world.exportAndDeliver(user, ['stocks'])
    const { body } = await asOperator<Cloud>('PATCH /clouds/SWITCHED', { enabled: false })
    expect(body.data.enabled).toBe(false)
    expect((await world.get(user, '/data')).body.code).toBe('CLOUD_NOT_ENABLED')
    expect((await world.get(user, `/data?process_id=${process_id}`)).status).toBe(200)
    const ordered = world.factsFor(user, ['stocks'])
    await world.confirm(ordered)
    const { reason } = await world.untilExport(user, ordered.process_id, 'failed')
    expect(reason).toBe('the cloud SWITCHED is disabled at present')
    await asOperator('PATCH /clouds/SWITCHED', { enabled: true })
    expect((await world.get(user, '/data')).status).toBe(200)
  })

  test('a local cloud may have a root of its own', async () => {
    const root = await mkdtemp(join(world.host.home, 'own-root-'))
    await asOperator('POST /clouds', { name: 'DISK', driver: 'local', mode: 'immediate', settings: { root } })
    expect((await asOperator<CloudCheck>('POST /clouds/DISK/check')).body.data.datasets).toBe(0)
    await asOperator('PATCH /clouds/DISK', { settings: { root: join(root, 'not-there') } })
    const check = await asOperator<CloudCheck>('POST /clouds/DISK/check')
    expect(check.body.data).toMatchObject({ ok: false, detail: expect.stringContaining('there is no folder') })
    await writeFile(join(root, 'file'), '')
    await asOperator('PATCH /clouds/DISK', { settings: { root: join(root, 'file') } })
    expect((await asOperator<CloudCheck>('POST /clouds/DISK/check')).body.data.ok).toBe(false)
  })

  test('a change of nothing, of a cloud that is none, or of settings without a driver, is refused', async () => {
    expect((await asOperator('PATCH /clouds/LOCAL', {})).status).toBe(400)
    expect((await asOperator('PATCH /clouds/NONE', { mode: 'order' })).body.code).toBe('CLOUD_NOT_FOUND')
    expect((await asOperator('PATCH /clouds/NONE', { settings: {} })).body.code).toBe('CLOUD_NOT_FOUND')
    expect((await asOperator('POST /clouds/NONE/check')).body.code).toBe('CLOUD_NOT_FOUND')
    await asOperator('POST /clouds', { name: 'PLAIN', driver: 'local', mode: 'immediate' })
    const bad = await asOperator('PATCH /clouds/PLAIN', { settings: { bucket: 'x' } })
    expect(bad.body.errors?.map(({ field }) => field)).toEqual(['settings.bucket'])
  })

  test('a cloud without settings is checked, too', async () => {
    const { body } = await asOperator<CloudCheck>('POST /clouds/MCLASS/check')
    expect(body.data).toMatchObject({ ok: false, datasets: null })
  })
})

test('secrets are in no answer and not in the database in the clear', async () => {
  const secret = 'a-very-secret-thing'
  const added = await asOperator('POST /clouds', {
    ...{ name: 'SECRETIVE', driver: 'mclass', mode: 'immediate' },
    settings: { ...settings(), client_secret: secret },
  })
  const changed = await asOperator('PATCH /clouds/SECRETIVE', { settings: { client_id: secret } })
  const check = await asOperator('POST /clouds/SECRETIVE/check')
  const listed = JSON.stringify(await listClouds())
  const rows = JSON.stringify(await world.host.query('data', 'select * from clouds'))
  for (const text of [added.text, changed.text, check.text, listed, rows]) expect(text).not.toContain(secret)
})

test.each([
  ['POST /clouds', { name: 'MINE', driver: 'local', mode: 'immediate' }],
  ['PATCH /clouds/LOCAL', { enabled: false }],
  ['POST /clouds/LOCAL/check', undefined],
])('%s is for operators', async (path, body) => {
  const customer = await call(world.host.url, path, { token: world.signIn().token, body })
  expect([customer.status, customer.body.code]).toEqual([403, 'FORBIDDEN'])
  expect((await call(world.host.url, path, { body })).status).toBe(401)
})
