// Kill -9 under load, then a restart: is anything lost, and how soon is all that was accepted final?
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Order } from '@waybill/contracts'
import { Account } from '../account.ts'
import { airportRecords, makeAirports } from '../datasets.ts'
import { goals } from '../goals.ts'
import { interleave } from '../rounds.ts'
import type { Bench, ScenarioResult } from '../scenario.ts'

const atOnce = 32
const askEveryMilliseconds = 10
/** Longer than a server lives here. */
const loadSeconds = 60

export async function measureRecovering(bench: Bench): Promise<ScenarioResult> {
  const { topology, effort, folder } = bench
  let round = 0
  const rounds = await interleave(
    effort.longRounds,
    { ours: () => crashUnderLoad(bench, join(folder, `home-${round++}`)) },
    { warmUp: false },
  )
  const read = (figure: keyof Recovery) => rounds.ours.map(sample => sample[figure])
  return {
    title: `Kill -9 with ${atOnce} orders under way, then a restart`,
    figures: [
      { name: 'accepted before', unit: 'count', ours: read('accepted') },
      { name: 'of them not final at the kill', unit: 'count', ours: read('unfinished') },
      { name: 'of them lost', unit: 'count', ours: read('lost'), goal: goals.lostOrders },
      { name: 'all final after ready', unit: 's', ours: read('afterReady'), goal: goals.recoverySeconds },
      { name: 'all final after start', unit: 's', ours: read('afterStart') },
    ],
    notes: [
      ...(topology.name === 'engines'
        ? ['All four processes are killed at the same moment and started again at once.']
        : []),
      `Each order exports ${airportRecords} rows. Accepted: its 202 had reached the client. Lost: not to be found after the restart, or not delivered.`,
    ],
  }
}

interface Recovery {
  accepted: number
  unfinished: number
  lost: number
  afterReady: number
  afterStart: number
}

async function crashUnderLoad({ topology, effort, generator }: Bench, home: string): Promise<Recovery> {
  const before = await topology.start(home)
  const account = await Account.open(before)
  await makeAirports(join(account.folder, 'airports.csv'), airportRecords)
  const load = generator.runUntilFailure({
    kind: 'deliver-orders',
    target: account.target('order'),
    body: Account.orderOf('airports'),
    atOnce,
    atMost: Number.MAX_SAFE_INTEGER,
    seconds: loadSeconds,
  })
  await pause(effort.killAfterSeconds * 1_000)
  await before.kill()
  const { placed, done } = await load

  const after = await topology.start(home)
  const restarted = account.at(after)
  await restarted.untilAllDelivered(askEveryMilliseconds)
  const finalAt = performance.now()
  let lost = 0
  for (const { orderId } of placed) {
    const order = await restarted.call<Order>('GET', `/order/${orderId}`).catch(() => undefined)
    if (order?.state !== 'delivered') lost++
  }
  await after.stop()
  await topology.remove(home)
  return {
    accepted: placed.length,
    unfinished: placed.length - done,
    lost,
    afterReady: (finalAt - after.readyAt) / 1_000,
    afterStart: (finalAt - after.startedAt) / 1_000,
  }
}
