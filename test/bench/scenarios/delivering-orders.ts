// The whole job, 32 at once: ordered, paid, exported, delivered, captured; with a 200 kB file and with a tiny one.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Account } from '../account.ts'
import { airportRecords, makeAirports, tinyRecords } from '../datasets.ts'
import { type Figure, percentile } from '../figures.ts'
import { type Goal, goals } from '../goals.ts'
import type { Target } from '../load/workload.ts'
import { interleave } from '../rounds.ts'
import type { RunningProcess } from '../running-process.ts'
import type { Bench, ScenarioResult } from '../scenario.ts'
import { startFloor, startWaybill } from '../servers.ts'

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

export async function measureDeliveringOrders({ scale, generator, folder }: Bench): Promise<ScenarioResult> {
  const home = join(folder, 'waybill')
  const floorHomes = { naive: join(folder, 'naive'), sharing: join(folder, 'sharing') }
  for (const floorHome of Object.values(floorHomes)) mkdirSync(floorHome)
  const server = await startWaybill(home)
  const floors = {
    naive: await startFloor('deliver-naive', floorHomes.naive),
    sharing: await startFloor('deliver-sharing', floorHomes.sharing),
  }
  const account = await Account.open(server.port, home)
  for (const [name, { records }] of Object.entries(jobs)) {
    for (const place of [account.folder, ...Object.values(floorHomes)]) {
      await makeAirports(join(place, `${name}.csv`), records)
    }
  }

  const deliver = (job: Job, process: RunningProcess, target: Target) => async () => {
    const before = process.cpuMilliseconds
    const { done, seconds, latencies } = await generator.run({
      kind: 'deliver-orders',
      target,
      body: Account.orderOf(job),
      atOnce,
      atMost: scale.ordersAtMost,
      seconds: scale.seconds,
    })
    const cpu = (process.cpuMilliseconds - before) / done
    return { perSecond: done / seconds, p50: percentile(latencies, 50), p99: percentile(latencies, 99), cpu }
  }

  const figures: Figure[] = []
  for (const job of Object.keys(jobs) as Job[]) {
    const rounds = await interleave(scale.rounds, {
      ours: deliver(job, server, account.target),
      naive: deliver(job, floors.naive, { port: floors.naive.port, token: 'none' }),
      sharing: deliver(job, floors.sharing, { port: floors.sharing.port, token: 'none' }),
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
      { ...figure('CPU an order', 'ms', s => s.cpu, 'sharing'), goal: cpuGoal },
    )
  }
  await Promise.all([server, floors.naive, floors.sharing].map(process => process.stop()))

  return {
    title: `Ordered and delivered, ${atOnce} at once`,
    figures,
    notes: [
      'A CSV dataset to NDJSON. Whether an order is final is asked for all of them together, every 10 ms, with GET /processes?status=0: one read for several orders is less for the server than a held one or a stream for each. Its cost is in the figures.',
      'CPU is that of the whole server process, logs at their default level included.',
      'Floors: the same nine durable steps in one plain process (node:http, node:sqlite with synchronous=full; naive: nine commits an order, sharing: commits shared by the orders of one turn), the file read, converted line by line, written, synced and renamed.',
      'The goals are those for MySQL and RabbitMQ; this is the embedded topology.',
    ],
  }
}
