import type { EventType, ExportRecord, OrderConfirmed } from '@waybill/contracts'
import { call, until } from '@waybill/platform/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type MclassSimulator, startMclassSimulator } from '../simulator/start-mclass-simulator.ts'
import { type DataWorld, type SignedIn, startDataWorld } from './data-world.ts'

type State = ExportRecord['state']
type Situation = 'unknown' | 'running' | 'finished' | 'delivered' | 'failed' | 'cancelled'

let world: DataWorld
let mclass: MclassSimulator
let user: SignedIn
let operator: SignedIn

const records = Array.from({ length: 300 }, (_, at) => `{"id":${at}}`)

beforeAll(async () => {
  world = await startDataWorld()
  const dataset = { name: 'numbers', records, updatedAt: new Date().toISOString() }
  mclass = await startMclassSimulator({ datasetsOf: () => [dataset] })
  operator = world.signIn({ role: 'operator' })
  user = world.signIn({ cloud: 'MCLASS' })
  await call(world.host.url, 'PATCH /clouds/MCLASS', {
    token: operator.token,
    body: { settings: { url: mclass.url, client_id: 'waybill', client_secret: 'mclass-secret' } },
  })
})
afterAll(async () => {
  await world.stop()
  await mclass.stop()
})
beforeEach(() => {
  mclass.latencyMilliseconds = 0
})

async function arrangeOrder(situation: Situation): Promise<OrderConfirmed> {
  const facts = world.factsFor(user, [situation === 'failed' ? 'nope' : 'numbers'])
  if (situation === 'unknown') return facts
  if (situation === 'cancelled') {
    await world.cancel(facts)
    return facts
  }
  if (situation === 'running') mclass.latencyMilliseconds = 200
  await world.confirm(facts)
  if (situation !== 'running') {
    const state = stateOf[situation] as 'finished' | 'failed'
    await world.untilExport(user, facts.process_id, state)
    // The state is there to be read a moment before its fact is told.
    await world.host.broker.waitFor(`export.${state}`, facts.order_id)
  }
  if (situation === 'delivered') await world.deliver(facts)
  return facts
}

const stateOf: Record<Exclude<Situation, 'unknown'>, State> = {
  running: 'running',
  finished: 'finished',
  delivered: 'finished',
  failed: 'failed',
  cancelled: 'cancelled',
}

async function stateNow({ process_id }: OrderConfirmed): Promise<State | undefined> {
  return (await world.get<ExportRecord>(user, `/exports/${process_id}`)).body.data?.state
}

/** Whether the delivery is handed out without a word from order or payment. */
async function isOpen({ process_id }: OrderConfirmed): Promise<boolean> {
  return (await world.get(user, `/data?process_id=${process_id}`)).status === 200
}

function toldOf({ order_id }: OrderConfirmed): EventType[] {
  return world.host.broker.published
    .filter(({ subject, type }) => subject === order_id && type.startsWith('export.'))
    .map(({ type }) => type)
}

describe('what an event makes of an export', () => {
  const confirmed = (facts: OrderConfirmed) => world.confirm(facts)
  const cancelled = (facts: OrderConfirmed) => world.cancel(facts)
  const delivered = (facts: OrderConfirmed) => world.deliver(facts)

  test.each<[Situation, string, (facts: OrderConfirmed) => Promise<unknown>, State | undefined, boolean]>([
    ['unknown', 'order.confirmed', confirmed, 'running', false],
    ['unknown', 'order.cancelled', cancelled, 'cancelled', false],
    ['unknown', 'order.delivered', delivered, undefined, false],
    ['running', 'order.confirmed', confirmed, 'running', false],
    ['running', 'order.cancelled', cancelled, 'cancelled', false],
    ['running', 'order.delivered', delivered, 'running', false],
    ['finished', 'order.confirmed', confirmed, 'finished', false],
    ['finished', 'order.cancelled', cancelled, 'cancelled', false],
    ['finished', 'order.delivered', delivered, 'finished', true],
    ['delivered', 'order.confirmed', confirmed, 'finished', true],
    ['delivered', 'order.cancelled', cancelled, 'finished', true],
    ['delivered', 'order.delivered', delivered, 'finished', true],
    ['failed', 'order.confirmed', confirmed, 'failed', false],
    ['failed', 'order.cancelled', cancelled, 'failed', false],
    ['failed', 'order.delivered', delivered, 'failed', false],
    ['cancelled', 'order.confirmed', confirmed, 'cancelled', false],
    ['cancelled', 'order.cancelled', cancelled, 'cancelled', false],
    ['cancelled', 'order.delivered', delivered, 'cancelled', false],
  ])('%s, then %s', async (situation, _, happens, expected, open) => {
    const facts = await arrangeOrder(situation)
    if (situation === 'unknown') mclass.latencyMilliseconds = 200
    const before = toldOf(facts)
    await happens(facts)
    await happens(facts)
    expect(await stateNow(facts)).toBe(expected)
    expect(await isOpen(facts)).toBe(open)
    if (expected !== 'running') expect(toldOf(facts)).toEqual(before)
    if (expected === 'running') {
      mclass.latencyMilliseconds = 0
      await world.host.broker.waitFor('export.finished', facts.order_id)
      expect(toldOf(facts)).toEqual(['export.finished'])
    }
  })
})

describe('a cancellation', () => {
  test.each([
    ['before the export', 'unknown'],
    ['while the export runs', 'running'],
    ['after the export', 'finished'],
  ] as const)('%s leaves nothing behind, and no fact but the order’s own', async (_, situation) => {
    const facts = await arrangeOrder(situation)
    const asked = mclass.calls.length
    await world.cancel(facts)
    await world.confirm(facts)
    const record = await world.untilExport(user, facts.process_id, 'cancelled')
    expect(record.reason).toBe('cancelled_by_user')
    await until(
      async () => remains(facts),
      rows => rows === 0,
    )
    if (situation !== 'finished') expect(toldOf(facts)).toEqual([])
    // It ends at once, not after the pages that were still to come.
    expect(mclass.calls.length - asked).toBeLessThanOrEqual(2)
  })

  test('that races the end of the export has one of two outcomes', async () => {
    const orders = Array.from({ length: 12 }, () => world.factsFor(user, ['numbers']))
    await Promise.all(
      orders.map(async (facts, at) => {
        await world.confirm(facts)
        await new Promise(resolve => setTimeout(resolve, at * 2))
        await world.cancel(facts)
      }),
    )
    for (const facts of orders) {
      await world.untilExport(user, facts.process_id, 'cancelled')
      await until(
        async () => remains(facts),
        rows => rows === 0,
      )
      expect(toldOf(facts).filter(type => type !== 'export.finished')).toEqual([])
    }
  })

  test('leaves no file behind in a cloud that can be written to', async () => {
    const owner = world.signIn()
    await world.put(owner.principal.account, 'large.csv', `a,b\n${'1,2\n'.repeat(2_000_000)}`)
    const facts = world.factsFor(owner, ['large'])
    await world.confirm(facts)
    await until(
      () => world.delivered(facts),
      files => files.length > 0,
    )
    await world.cancel(facts)
    await until(
      () => world.delivered(facts),
      files => files.length === 0,
    )
    expect((await world.untilExport(owner, facts.process_id, 'cancelled')).files[0]?.sha256).toBeNull()
    expect(toldOf(facts)).not.toContain('export.finished')
  })
})

async function remains({ process_id }: OrderConfirmed): Promise<number> {
  const store = world.host.services[0]!.store
  const chunks = store.database.db
    .selectFrom('delivery_chunks' as never)
    .where('process_id' as never, '=', process_id as never)
  return (await chunks.selectAll().execute()).length
}
