// How soon a started server serves, and what it takes to stand there.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Account } from '../account.ts'
import { makeAirports, tinyRecords } from '../datasets.ts'
import { goals } from '../goals.ts'
import { interleave } from '../rounds.ts'
import type { RunningProcess } from '../running-process.ts'
import type { Bench, ScenarioResult } from '../scenario.ts'
import { startFloor, startWaybill } from '../servers.ts'

const ordersPlacedAtOnce = 32

export async function measureStarting({ scale, generator, folder }: Bench): Promise<ScenarioResult> {
  const used = join(folder, 'used')
  let fresh = 0
  const empty = () => join(folder, `empty-${fresh++}`)
  await useHome(used, generator, scale.ordersToRead)

  const start = (by: () => Promise<RunningProcess>, idleSeconds: number) => async () => {
    const server = await by()
    await pause(idleSeconds * 1_000)
    const sample = { seconds: server.secondsToReady, mebibytes: idleSeconds > 0 ? server.residentMebibytes : 0 }
    await server.stop()
    return sample
  }
  const rounds = await interleave(
    scale.longRounds,
    {
      nodeEmpty: start(() => startWaybill(empty()), 0),
      nodeUsed: start(() => startWaybill(used), scale.idleSeconds),
      npmEmpty: start(() => startWaybill(empty(), 'npm'), 0),
      npmUsed: start(() => startWaybill(used, 'npm'), 0),
      express: start(() => startFloor('read', join(folder, 'floor')), scale.idleSeconds),
    },
    // The server was started before on this machine: what is compiled is kept.
    { warmUp: false },
  )

  const seconds = (samples: { seconds: number }[]) => samples.map(sample => sample.seconds)
  const mebibytes = (samples: { mebibytes: number }[]) => samples.map(sample => sample.mebibytes)
  const floor = { name: 'Express', samples: seconds(rounds.express) }
  return {
    title: 'Starting and standing',
    figures: [
      {
        name: 'npm start to ready, used home',
        unit: 's',
        ours: seconds(rounds.npmUsed),
        floor,
        goal: goals.startSeconds,
      },
      {
        name: 'npm start to ready, empty home',
        unit: 's',
        ours: seconds(rounds.npmEmpty),
        floor,
        goal: goals.startSeconds,
      },
      { name: 'node scripts/start.mjs, used home', unit: 's', ours: seconds(rounds.nodeUsed), floor },
      { name: 'node scripts/start.mjs, empty home', unit: 's', ours: seconds(rounds.nodeEmpty), floor },
      {
        name: `memory after ${scale.idleSeconds} s`,
        unit: 'MiB',
        ours: mebibytes(rounds.nodeUsed),
        floor: { name: 'Express', samples: mebibytes(rounds.express) },
        goal: goals.idleMebibytes,
      },
    ],
    notes: [
      'From the start of the process to its line "waybill ready". An empty home gets its databases, key and first operator in that time.',
      `Used home: ${scale.ordersToRead} delivered orders, stopped in good order. Floor: Express with one node:sqlite database and three routes.`,
    ],
  }
}

async function useHome(home: string, generator: Bench['generator'], orders: number): Promise<void> {
  const server = await startWaybill(home)
  const account = await Account.open(server.port, home)
  await makeAirports(join(account.folder, 'tiny.csv'), tinyRecords)
  await generator.run({
    kind: 'place-orders',
    target: account.target,
    body: Account.orderOf('tiny'),
    atOnce: ordersPlacedAtOnce,
    atMost: orders,
    seconds: 60,
  })
  await account.untilAllDelivered()
  await server.stop()
}
