// Operators' tools ask for the exports of many processes at once.
import type { ExportRecord } from '@waybill/contracts'
import { call } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DataWorld, type SignedIn, startDataWorld } from './data-world.ts'

let world: DataWorld
let user: SignedIn
let operator: SignedIn

beforeAll(async () => {
  world = await startDataWorld()
  user = world.signIn({ cloud: 'LOCAL' })
  operator = world.signIn({ role: 'operator' })
  await world.put(user.principal.account, 'numbers.ndjson', '{"id":1}\n{"id":2}\n')
  await world.put(user.principal.account, 'letters.ndjson', '{"id":"a"}\n')
})
afterAll(() => world.stop())

const ask = (processIds: unknown[], who = operator) =>
  call<ExportRecord[]>(world.host.url, 'POST /exports/details', {
    token: who.token,
    body: { process_ids: processIds },
  })
const exportOf = async (datasets: string[], state: ExportRecord['state']) => {
  const facts = world.factsFor(user, datasets)
  await world.confirm(facts)
  await world.untilExport(user, facts.process_id, state)
  return (await world.get<ExportRecord>(user, `/exports/${facts.process_id}`)).body.data
}

test('each is what it is alone, with its files in the order of its items', async () => {
  const finished = await exportOf(['numbers', 'letters'], 'finished')
  const failed = await exportOf(['nope'], 'failed')
  const { status, body } = await ask([finished.process_id, uuidv7(), failed.process_id])
  expect(status).toBe(200)
  const byProcess = new Map(body.data.map(it => [it.process_id, it]))
  expect([...byProcess.keys()].sort()).toEqual([finished.process_id, failed.process_id].sort())
  expect(byProcess.get(finished.process_id)).toEqual(finished)
  expect(byProcess.get(finished.process_id)?.files.map(({ dataset }) => dataset)).toEqual(['numbers', 'letters'])
  expect(byProcess.get(failed.process_id)).toEqual(failed)
})

test('one that was called off before it began has no files', async () => {
  const facts = world.factsFor(user, ['numbers'])
  await world.cancel(facts)
  const { body } = await ask([facts.process_id])
  expect(body.data).toMatchObject([{ process_id: facts.process_id, state: 'cancelled', files: [] }])
})

test('customers may not ask, and nobody for none or for more than a hundred', async () => {
  const hundred = Array.from({ length: 100 }, () => uuidv7())
  expect((await ask(hundred)).body.data).toEqual([])
  expect((await ask(hundred, user)).body.code).toBe('FORBIDDEN')
  for (const bad of [[], [...hundred, uuidv7()], [hundred[0], hundred[0]], ['1']]) {
    expect((await ask(bad)).status, JSON.stringify(bad).slice(0, 60)).toBe(400)
  }
})
