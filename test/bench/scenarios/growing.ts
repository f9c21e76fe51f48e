// How cost grows: the same figures with a thousand, a hundred thousand and a million orders in the tables.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Account } from '../account.ts'
import { makeAirports, tinyRecords } from '../datasets.ts'
import { type Figure, median } from '../figures.ts'
import { planSeeding, type Seeding, seededOrder, seedOrders } from '../growth/seeded-orders.ts'
import type { Target } from '../load/workload.ts'
import { untilConfirmed } from '../outboxes.ts'
import { interleave } from '../rounds.ts'
import { type RunningSystem, serviceOf } from '../running-system.ts'
import type { Bench, Growth, ScenarioResult } from '../scenario.ts'

const placedAtOnce = 64
const deliveredAtOnce = 32
const readAtOnce = 16
/** Read in turn, spread over the whole table. */
const ordersRead = 1_000
const ordersAudited = 200

interface Size {
  orders: number
  home: string
  system: RunningSystem
  customer: Account
  operator: Account
  seeding: Seeding
  seedSeconds: number
}

interface Measure {
  name: string
  unit: 'ms' | '/s'
  take: (bench: Bench, size: Size) => Promise<number>
}

const measures: Measure[] = [
  { name: 'accepted, 64 at once', unit: '/s', take: acceptOrders },
  { name: 'delivered, 32 at once', unit: '/s', take: deliverOrders },
  { name: 'GET /order/:id, any', unit: '/s', take: readEach(({ orderId }) => `/order/${orderId}`) },
  { name: 'GET /process/:id, any', unit: '/s', take: readEach(({ processId }) => `/process/${processId}`) },
  { name: 'GET /orders?limit=20', unit: '/s', take: readOne('/orders?limit=20') },
  { name: 'GET /processes?limit=20', unit: '/s', take: readOne('/processes?limit=20') },
  { name: `audit of ${ordersAudited} orders`, unit: 'ms', take: audit },
]

export async function measureGrowing(bench: Bench): Promise<ScenarioResult> {
  const { topology, effort } = bench
  const sizes: Size[] = []
  for (const orders of effort.ordersInTables) sizes.push(await openSize(bench, orders))

  const contenders = Object.fromEntries(
    sizes.map(size => [
      `${size.orders} orders`,
      async () => {
        const taken: number[] = []
        for (const { take } of measures) taken.push(await take(bench, size))
        return taken
      },
    ]),
  )
  const rounds = await interleave(effort.growthRounds, contenders)
  for (const { system, home } of sizes) {
    await system.stop()
    await topology.remove(home)
  }

  const samplesOf = (at: number, { orders }: Size) => rounds[`${orders} orders`]!.map(taken => taken[at]!)
  const figures = measures.flatMap(({ name, unit }, at) =>
    sizes.map((size): Figure => {
      const figure = { name: `${name}, ${words(size)}`, unit, ours: samplesOf(at, size) }
      const smallest = sizes[0]!
      return size === smallest
        ? figure
        : { ...figure, floor: { name: words(smallest), samples: samplesOf(at, smallest) } }
    }),
  )
  const growth = measures.map(
    ({ name, unit }, at): Growth => ({
      name,
      unit,
      points: sizes.map(size => ({ orders: size.orders, value: median(samplesOf(at, size)) })),
    }),
  )
  return {
    title: 'With more and more orders in the tables',
    figures,
    growth,
    notes: [
      `Delivered orders of the last six days, ${sizes[0]!.seeding.users} to ${sizes.at(-1)!.seeding.users} users, with all that belongs to them in all four databases; made in ${sizes.map(size => `${size.seedSeconds.toFixed(0)} s`).join(', ')}. The floor column is the smallest size: a ratio of 1 is no growth at all.`,
      `Medians of ${effort.growthRounds} rounds. All sizes stand beside each other on the same engines and take turns. Orders and processes are read in turn by an operator, ${ordersRead} of them spread over the whole table; lists are one customer's, with about 200 orders; an audit asks payment and data about each order.`,
    ],
  }
}

const words = ({ orders }: Pick<Size, 'orders'>) => `${orders.toLocaleString('en')} orders`

async function openSize({ topology, folder }: Bench, orders: number): Promise<Size> {
  const home = join(folder, `orders-${orders}`)
  mkdirSync(home)
  const system = await topology.start(home)
  const customer = await Account.open(system)
  const operator = await Account.openOperator(system)
  await makeAirports(join(customer.folder, 'tiny.csv'), tinyRecords)
  const seeding = planSeeding(orders, customer.id, Date.now())
  const startedAt = performance.now()
  const target = await topology.openSeedTarget(home)
  await seedOrders(target, seeding)
  await target.close()
  const seedSeconds = (performance.now() - startedAt) / 1_000
  const size = { orders, home, system, customer, operator, seeding, seedSeconds }
  await checkSeeds(size)
  return size
}

/** Rows that contradict each other would be found by the audit; those that are not there would be quick to read. */
async function checkSeeds(size: Size): Promise<void> {
  const { checked, violations } = await runAudit(size)
  const expected = Math.min(ordersAudited, size.orders)
  if (checked !== expected || violations.length > 0) {
    throw new Error(`seeded orders: ${checked} of ${expected} were audited, ${JSON.stringify(violations.slice(0, 3))}`)
  }
}

async function acceptOrders({ generator, effort, topology }: Bench, { customer, home }: Size): Promise<number> {
  const { done, seconds } = await generator.run({
    kind: 'place-orders',
    target: customer.target('order'),
    body: Account.orderOf('tiny'),
    atOnce: placedAtOnce,
    atMost: effort.ordersWorkedOffAtMost / 2,
    seconds: effort.seconds / 2,
  })
  await customer.untilAllDelivered()
  await untilConfirmed(topology, home)
  return done / seconds
}

async function deliverOrders({ generator, effort }: Bench, { customer }: Size): Promise<number> {
  const { done, seconds } = await generator.run({
    kind: 'deliver-orders',
    target: customer.target('order'),
    body: Account.orderOf('tiny'),
    atOnce: deliveredAtOnce,
    atMost: effort.ordersWorkedOffAtMost / 2,
    seconds: effort.seconds / 2,
  })
  return done / seconds
}

function readEach(pathOf: (order: ReturnType<typeof seededOrder>) => string): Measure['take'] {
  return (bench, { seeding, operator }) => {
    const count = Math.min(ordersRead, seeding.count)
    // A stride that shares no factor with the count visits them in no order that a cache could like.
    const paths = Array.from({ length: count }, (_, i) => {
      const turn = (i * 617) % count
      return pathOf(seededOrder(seeding, Math.floor((turn * seeding.count) / count)))
    })
    return read(bench, operator.target(serviceOf(paths[0]!)), paths)
  }
}

function readOne(path: string): Measure['take'] {
  return (bench, { customer }) => read(bench, customer.target(serviceOf(path)), [path])
}

async function read({ generator, effort }: Bench, target: Target, paths: string[]): Promise<number> {
  const { done, seconds } = await generator.run({
    kind: 'read',
    target,
    paths,
    atOnce: readAtOnce,
    atMost: effort.readsAtMost / 4,
    seconds: effort.seconds / 4,
  })
  return done / seconds
}

async function audit(_bench: Bench, size: Size): Promise<number> {
  const startedAt = performance.now()
  await runAudit(size)
  return performance.now() - startedAt
}

/** Of orders in the middle of the table. */
function runAudit({ operator, seeding }: Size): Promise<{ checked: number; violations: unknown[] }> {
  const first = Math.floor(Math.max(seeding.count - ordersAudited, 0) / 2)
  const timeOf = (n: number) => new Date(seededOrder(seeding, n).at).toISOString()
  return operator.call('GET', `/audit?since=${timeOf(first)}&until=${timeOf(first + ordersAudited)}`)
}
