// The whole job, 32 at once: ordered, paid, exported, delivered, captured; with a 200 kB file and with a tiny one.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Account } from '../account.ts'
import type { Measured } from '../costs.ts'
import { airportRecords, makeAirports, tinyRecords } from '../datasets.ts'
import { type Figure, percentile } from '../figures.ts'
import { type Goal, goals } from '../goals.ts'
import type { Target } from '../load/workload.ts'
import { interleave } from '../rounds.ts'
import type { Bench, ScenarioResult } from '../scenario.ts'
import { type Spent, spendingFigures, startSpending } from '../spending.ts'

const atOnce = 32
const jobs = {
  airports: {
    words: `${airportRecords} rows`,
    records: airportRecords,
    cpuGoal: goals.cpuMillisecondsPerJob,
    countGoal: goals.deliveredPerSecond,
  },
  tiny: {
    words: `${tinyRecords} rows`,
    records: tinyRecords,
    cpuGoal: goals.cpuMillisecondsPerTinyJob,
    countGoal: undefined,
  },
} satisfies Record<string, { words: string; records: number; cpuGoal: Goal; countGoal: Goal | undefined }>
type Job = keyof typeof jobs

const spentOf = ({ spent }: { spent: Spent }) => spent

export async function measureDeliveringOrders({ topology, effort, generator, folder }: Bench): Promise<ScenarioResult> {
  const home = join(folder, 'waybill')
  const floorHomes = { naive: join(folder, 'naive'), sharing: join(folder, 'sharing') }
  for (const floorHome of Object.values(floorHomes)) mkdirSync(floorHome)
  const system = await topology.start(home)
  const floors = {
    naive: await topology.startFloor('deliver-naive', floorHomes.naive),
    sharing: await topology.startFloor('deliver-sharing', floorHomes.sharing),
  }
  const account = await Account.open(system)
  for (const [name, { records }] of Object.entries(jobs)) {
    for (const place of [account.folder, ...Object.values(floorHomes)]) {
      await makeAirports(join(place, `${name}.csv`), records)
    }
  }

  const deliver = (job: Job, parts: Record<string, Measured>, target: Target) => async () => {
    const spending = await startSpending(topology, parts)
    const { done, seconds, latencies } = await generator.run({
      kind: 'deliver-orders',
      target,
      body: Account.orderOf(job),
      atOnce,
      atMost: effort.ordersAtMost,
      seconds: effort.seconds,
    })
    return {
      perSecond: done / seconds,
      p50: percentile(latencies, 50),
      p99: percentile(latencies, 99),
      spent: await spending(done),
    }
  }

  const figures: Figure[] = []
  for (const job of Object.keys(jobs) as Job[]) {
    const rounds = await interleave(effort.rounds, {
      ours: deliver(job, system.parts, account.target('order')),
      naive: deliver(job, { floor: floors.naive }, { port: floors.naive.port, token: 'none' }),
      sharing: deliver(job, { floor: floors.sharing }, { port: floors.sharing.port, token: 'none' }),
    })
    await account.untilAllDelivered()
    const { words, cpuGoal, countGoal } = jobs[job]
    const figure = (
      name: string,
      unit: Figure['unit'],
      read: (s: (typeof rounds.ours)[number]) => number,
      floor: 'naive' | 'sharing',
    ) => ({
      name: `${name}, ${words}`,
      unit,
      ours: rounds.ours.map(read),
      floor: { name: floor, samples: rounds[floor].map(read) },
    })
    figures.push(
      { ...figure('delivered', '/s', s => s.perSecond, 'naive'), goal: countGoal },
      figure('delivered', '/s', s => s.perSecond, 'sharing'),
      figure('order to delivered p50', 'ms', s => s.p50, 'sharing'),
      figure('order to delivered p99', 'ms', s => s.p99, 'sharing'),
      ...spendingFigures({
        words,
        ours: rounds.ours.map(spentOf),
        floor: { name: 'sharing', samples: rounds.sharing.map(spentOf) },
        goal: cpuGoal,
      }),
    )
  }
  await Promise.all([system, floors.naive, floors.sharing].map(it => it.stop()))
  for (const place of [home, ...Object.values(floorHomes)]) await topology.remove(place)

  return {
    title: `Ordered and delivered, ${atOnce} at once`,
    figures,
    notes: [
      'A CSV dataset to NDJSON. Whether an order is final is asked for all of them together, every 10 ms, with GET /processes?status=0: one read for several orders is less for the server than a held one or a stream for each. Its cost is in the figures.',
      'CPU an order is that of all of our processes together, logs at their default level included; the goal applies to it.',
      `Floors: the same nine durable steps in one plain process (node:http, ${topology.floorWords}; naive: nine commits an order), in the very tables of ours; the file read, converted line by line, written, synced and renamed.`,
      ...(topology.isJudged ? [] : ['The goals are those for MySQL and RabbitMQ; this is the embedded topology.']),
    ],
  }
}
