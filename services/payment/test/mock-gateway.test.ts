// The mock gateway: what every gateway does, and what only a mock does.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MovableClock } from '@waybill/platform/clock'
import { type Database, migrate, openDatabase } from '@waybill/platform/db'
import { openTestDatabases, type TestDatabases } from '@waybill/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as ledgerDao from '../src/dao/mock-ledger-dao.ts'
import type { Gateway } from '../src/gateways/gateway.ts'
import { createMockGateway } from '../src/gateways/mock.ts'
import type { PaymentTables } from '../src/models/tables.ts'
import { newRequest as request } from './a-gateway-request.ts'
import { testGateway } from './gateway-suite.ts'

const never = new AbortController().signal
let home: string
let databases: TestDatabases
let database: Database<PaymentTables>
let mock: Gateway
let drawn = 0

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'waybill-mock-'))
  databases = await openTestDatabases(home)
  database = await openDatabase<PaymentTables>(databases.urls.payment)
  await migrate(database, new URL('../migrations/', import.meta.url))
  const chance = { approvalRate: 0.8, random: () => drawn }
  const webhookKey = Buffer.alloc(32)
  mock = createMockGateway({ database, ledger: ledgerDao, clock: new MovableClock(), webhookKey, chance })
})
afterAll(async () => {
  await database.close()
  await databases.release()
  await rm(home, { recursive: true })
})

testGateway({
  gateway: () => mock,
  tokens: { approved: 'tok_approve', declined: 'tok_decline', malformed: 'tok_nonsense' },
  breakDownTwice: () => 'tok_outage',
  loseAnAnswer: () => 'tok_lost',
  moved: async paymentId => {
    const rows = database.db.selectFrom('mock_gateway_ledger').selectAll().where('payment_id', '=', paymentId)
    return rows.where('outcome', '=', 'succeeded').orderBy('at').execute()
  },
})

test.each([
  [0, 'succeeded'],
  [0.799, 'succeeded'],
  [0.8, 'declined'],
  [0.999, 'declined'],
])('without a token chance decides: %s of 1 is %s at an approval rate of 0.8', async (chance, outcome) => {
  drawn = chance
  expect((await mock.authorize(request(), never)).outcome).toBe(outcome)
})

test('chance is drawn once for a request, however often it comes', async () => {
  const of = request()
  drawn = 0.9
  const first = await mock.authorize(of, never)
  drawn = 0.1
  expect(await mock.authorize(of, never)).toEqual(first)
})

test('while tok_outage fails nothing has happened', async () => {
  const of = request({ token: 'tok_outage' })
  expect((await mock.authorize(of, never)).outcome).toBe('failed')
  expect((await mock.inquire('authorize', of, never)).outcome).toBe('never_seen')
})

test('tok_lost loses the answer also the second time', async () => {
  const of = request({ token: 'tok_lost' })
  await expect(mock.authorize(of, never)).rejects.toThrow('lost')
  await expect(mock.authorize(of, never)).rejects.toThrow('lost')
})

test('tok_slow that is called off has done nothing', async () => {
  const of = request({ token: 'tok_slow' })
  const hurry = new AbortController()
  const answer = mock.authorize(of, hurry.signal)
  hurry.abort()
  await expect(answer).rejects.toThrow()
  expect((await mock.inquire('authorize', of, never)).outcome).toBe('never_seen')
})
