// How long a customer waits from 202 to delivered while the server has little to do: five orders a second.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Account } from '../account.ts'
import { airportRecords, makeAirports, tinyRecords } from '../datasets.ts'
import { type Figure, percentile } from '../figures.ts'
import { goals } from '../goals.ts'
import { interleave } from '../rounds.ts'
import type { Bench, ScenarioResult } from '../scenario.ts'

const perSecond = 5

export async function measureTimeToDelivered({ topology, effort, generator, folder }: Bench): Promise<ScenarioResult> {
  const home = join(folder, 'waybill')
  mkdirSync(home)
  const system = await topology.start(home)
  const account = await Account.open(system)
  await makeAirports(join(account.folder, 'airports.csv'), airportRecords)
  await makeAirports(join(account.folder, 'tiny.csv'), tinyRecords)

  const follow = (dataset: string) => async () => {
    const { latencies } = await generator.run({
      kind: 'follow-orders',
      target: account.target('order'),
      body: Account.orderOf(dataset),
      perSecond,
      seconds: effort.followSeconds,
    })
    return { p50: percentile(latencies, 50), p99: percentile(latencies, 99) }
  }
  const rounds = await interleave(effort.rounds, { airports: follow('airports'), tiny: follow('tiny') })
  await system.stop()
  await topology.remove(home)

  const figures: Figure[] = [
    {
      name: `p50, ${airportRecords} rows`,
      unit: 'ms',
      ours: rounds.airports.map(s => s.p50),
      goal: goals.deliveredWithinP50,
    },
    {
      name: `p99, ${airportRecords} rows`,
      unit: 'ms',
      ours: rounds.airports.map(s => s.p99),
      goal: goals.deliveredWithinP99,
    },
    { name: `p50, ${tinyRecords} rows`, unit: 'ms', ours: rounds.tiny.map(s => s.p50) },
    { name: `p99, ${tinyRecords} rows`, unit: 'ms', ours: rounds.tiny.map(s => s.p99) },
  ]
  return {
    title: `From 202 to delivered, ${perSecond} orders a second`,
    figures,
    notes: [
      'Timed by the client: from its 202 until the event stream of the process, opened at once behind it, has brought status 1. Nothing is subtracted.',
    ],
  }
}
