// How soon a started system serves, and what it takes to stand there.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Account } from '../account.ts'
import { type Costs, engineProcesses, mapValues } from '../costs.ts'
import { makeAirports, tinyRecords } from '../datasets.ts'
import type { Figure } from '../figures.ts'
import { goals } from '../goals.ts'
import { interleave } from '../rounds.ts'
import type { Bench, ScenarioResult } from '../scenario.ts'
import type { StartedBy } from '../started-process.ts'

const ordersPlacedAtOnce = 32

interface Standing {
  seconds: number
  /** After it stood idle, by process. */
  mebibytes: Costs
}

export async function measureStarting(bench: Bench): Promise<ScenarioResult> {
  const { topology, effort, folder } = bench
  const used = join(folder, 'used')
  const floorHome = join(folder, 'floor')
  await useHome(bench, used)

  let fresh = 0
  const start = (by: StartedBy, of: 'used' | 'empty', idleSeconds: number) => async (): Promise<Standing> => {
    const home = of === 'used' ? used : join(folder, `empty-${fresh++}`)
    const system = await topology.start(home, by)
    await pause(idleSeconds * 1_000)
    const sample = { seconds: system.secondsToReady, mebibytes: system.residentMebibytes }
    await system.stop()
    if (of === 'empty') await topology.remove(home)
    return sample
  }
  const startExpress = async (): Promise<Standing> => {
    const floor = await topology.startFloor('read', floorHome)
    await pause(effort.idleSeconds * 1_000)
    const sample = { seconds: floor.secondsToReady, mebibytes: { floor: floor.residentMebibytes } }
    await floor.stop()
    return sample
  }
  const rounds = await interleave(
    effort.longRounds,
    {
      nodeEmpty: start('node', 'empty', 0),
      nodeUsed: start('node', 'used', effort.idleSeconds),
      npmEmpty: start('npm', 'empty', 0),
      npmUsed: start('npm', 'used', 0),
      express: startExpress,
    },
    // The server was started before on this machine: what is compiled is kept.
    { warmUp: false },
  )
  for (const home of [used, floorHome]) await topology.remove(home)

  const express = (read: (sample: Standing) => number) => ({ name: 'Express', samples: rounds.express.map(read) })
  const seconds = (name: string, samples: Standing[]): Figure => ({
    name,
    unit: 's',
    ours: samples.map(sample => sample.seconds),
    floor: express(sample => sample.seconds),
  })
  const parts = Object.keys(rounds.nodeUsed[0]!.mebibytes)
  const memory = parts.map(
    (part): Figure => ({
      name:
        parts.length === 1 ? `memory after ${effort.idleSeconds} s` : `memory of ${part} after ${effort.idleSeconds} s`,
      unit: 'MiB',
      ours: rounds.nodeUsed.map(sample => sample.mebibytes[part]!),
      floor: express(sample => sample.mebibytes.floor!),
      goal: goals.idleMebibytes,
    }),
  )
  const engines = mapValues(engineProcesses(topology.engines), engine => engine.residentMebibytes)
  const isOne = topology.name !== 'engines'
  return {
    title: 'Starting and standing',
    figures: [
      { ...seconds('npm start to ready, used home', rounds.npmUsed), ...(isOne && { goal: goals.startSeconds }) },
      { ...seconds('npm start to ready, empty home', rounds.npmEmpty), ...(isOne && { goal: goals.startSeconds }) },
      seconds('node scripts/start.mjs, used home', rounds.nodeUsed),
      seconds('node scripts/start.mjs, empty home', rounds.nodeEmpty),
      ...memory,
      ...Object.entries(engines).map(
        ([engine, mebibytes]): Figure => ({ name: `memory of ${engine}`, unit: 'MiB', ours: [mebibytes] }),
      ),
    ],
    notes: [
      isOne
        ? 'From the start of the process to its line "waybill ready". An empty home gets its databases, key and first operator in that time.'
        : 'All four processes are started at the same moment; until the last of them has said "waybill ready". With an empty home they make all tables in that time. The goal for a start is that of one process on SQLite.',
      `Used home: ${effort.ordersToRead} delivered orders, stopped in good order. Floor: Express with one database and three routes.`,
      ...(topology.engines.length > 0
        ? ['Memory of the engines: as they stand, whatever else they have done before.']
        : []),
    ],
  }
}

async function useHome({ topology, generator, effort }: Bench, home: string): Promise<void> {
  const system = await topology.start(home)
  const account = await Account.open(system)
  await makeAirports(join(account.folder, 'tiny.csv'), tinyRecords)
  await generator.run({
    kind: 'place-orders',
    target: account.target('order'),
    body: Account.orderOf('tiny'),
    atOnce: ordersPlacedAtOnce,
    atMost: effort.ordersToRead,
    seconds: 60,
  })
  await account.untilAllDelivered()
  await system.stop()
}
