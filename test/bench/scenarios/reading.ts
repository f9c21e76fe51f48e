// Reads at 16 at once, each beside a bare Express handler that reads the same row or page.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Account } from '../account.ts'
import { type Measured, meter, sumOf } from '../costs.ts'
import { airportRecords, makeAirports, tinyRecords } from '../datasets.ts'
import type { Figure } from '../figures.ts'
import { seedOrders } from '../floor/seeding-orders.ts'
import { goals } from '../goals.ts'
import type { PlacedOrder, Target } from '../load/workload.ts'
import { interleave } from '../rounds.ts'
import { serviceOf } from '../running-system.ts'
import type { Bench, ScenarioResult } from '../scenario.ts'

const atOnce = 16
const ordersPlacedAtOnce = 32

const reads: { name: string; paths: (orders: PlacedOrder[]) => string[] }[] = [
  { name: 'GET /process/:id', paths: orders => orders.map(({ processId }) => `/process/${processId}`) },
  { name: 'GET /order/:id', paths: orders => orders.map(({ orderId }) => `/order/${orderId}`) },
  { name: 'GET /data, a page of 20', paths: () => ['/data?dataset=airports&limit=20'] },
]

export async function measureReading({ topology, effort, generator, folder }: Bench): Promise<ScenarioResult> {
  const home = join(folder, 'waybill')
  const floorHome = join(folder, 'floor')
  mkdirSync(floorHome)
  const system = await topology.start(home)
  const account = await Account.open(system)
  await makeAirports(join(account.folder, 'tiny.csv'), tinyRecords)
  for (const place of [account.folder, floorHome]) await makeAirports(join(place, 'airports.csv'), airportRecords)
  const { placed } = await generator.run({
    kind: 'place-orders',
    target: account.target('order'),
    body: Account.orderOf('tiny'),
    atOnce: ordersPlacedAtOnce,
    atMost: effort.ordersToRead,
    seconds: 60,
  })
  await account.untilAllDelivered()
  const store = await topology.openFloorStore(floorHome)
  const seeded = await seedOrders(store, effort.ordersToRead, 'tiny')
  await store.close()
  const floorOrders = seeded.map(({ id, processId }) => ({ orderId: id, processId }))
  const floor = await topology.startFloor('read', floorHome)

  const read = (parts: Record<string, Measured>, target: Target, paths: string[]) => async () => {
    const spent = meter(parts)
    const { done, seconds } = await generator.run({
      kind: 'read',
      target,
      paths,
      atOnce,
      atMost: effort.readsAtMost,
      seconds: effort.seconds,
    })
    return { perSecond: done / seconds, cpu: (sumOf(spent()) * 1_000) / done }
  }

  const figures: Figure[] = []
  for (const { name, paths } of reads) {
    const rounds = await interleave(effort.rounds, {
      ours: read(system.parts, account.target(serviceOf(paths(placed)[0]!)), paths(placed)),
      floor: read({ floor }, { port: floor.port, token: 'none' }, paths(floorOrders)),
    })
    const samples = (of: 'ours' | 'floor', figure: 'perSecond' | 'cpu') => rounds[of].map(sample => sample[figure])
    const express = (figure: 'perSecond' | 'cpu') => ({ name: 'Express', samples: samples('floor', figure) })
    figures.push(
      {
        name,
        unit: '/s',
        ours: samples('ours', 'perSecond'),
        floor: express('perSecond'),
        goal: goals.readsBesideExpress,
      },
      { name: `${name}, CPU`, unit: 'µs', ours: samples('ours', 'cpu'), floor: express('cpu') },
    )
  }
  await Promise.all([system.stop(), floor.stop()])
  for (const place of [home, floorHome]) await topology.remove(place)
  return {
    title: `Reads, ${atOnce} at once`,
    figures,
    notes: [
      `Orders and processes are read in turn, out of ${placed.length} that are delivered; the page is the first of a CSV dataset of ${airportRecords} rows.`,
      'Floor: a bare Express 5 handler with a prepared statement on the same kind of database (for the page: open, one read, split) and res.json, ETag off; no sign-in, no checks, no logs.',
    ],
  }
}
