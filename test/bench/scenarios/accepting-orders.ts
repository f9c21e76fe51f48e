// POST /user/order at 64 at once: how many are accepted a second, and what each costs until it is accepted and delivered.
import { join } from 'node:path'
import { Account } from '../account.ts'
import { makeAirports, tinyRecords } from '../datasets.ts'
import { percentile } from '../figures.ts'
import { goals } from '../goals.ts'
import type { Target } from '../load/workload.ts'
import { interleave } from '../rounds.ts'
import type { RunningProcess } from '../running-process.ts'
import type { Bench, ScenarioResult } from '../scenario.ts'
import { startFloor, startWaybill } from '../servers.ts'

const atOnce = 64

export async function measureAcceptingOrders({ scale, generator, folder }: Bench): Promise<ScenarioResult> {
  const home = join(folder, 'waybill')
  const server = await startWaybill(home)
  const naive = await startFloor('accept-naive', join(folder, 'naive'))
  const sharing = await startFloor('accept-sharing', join(folder, 'sharing'))
  const account = await Account.open(server.port, home)
  await makeAirports(join(account.folder, 'tiny.csv'), tinyRecords)

  const accept = async (process: RunningProcess, target: Target) => {
    const before = process.cpuMilliseconds
    const { done, seconds, latencies } = await generator.run({
      kind: 'place-orders',
      target,
      body: Account.orderOf('tiny'),
      atOnce,
      atMost: scale.ordersAtMost,
      seconds: scale.seconds,
    })
    return {
      done,
      perSecond: done / seconds,
      p50: percentile(latencies, 50),
      p99: percentile(latencies, 99),
      cpu: (process.cpuMilliseconds - before) / done,
    }
  }
  const floor = (process: RunningProcess) => () => accept(process, { port: process.port, token: 'none' })

  const rounds = await interleave(scale.rounds, {
    ours: async () => {
      const before = server.cpuMilliseconds
      const accepted = await accept(server, account.target)
      await account.untilAllDelivered()
      return { ...accepted, cpuToDelivered: (server.cpuMilliseconds - before) / accepted.done }
    },
    naive: floor(naive),
    sharing: floor(sharing),
  })
  await Promise.all([server, naive, sharing].map(process => process.stop()))

  const { ours } = rounds
  const perSecond = ours.map(sample => sample.perSecond)
  const beside = (name: 'naive' | 'sharing', read: (sample: (typeof rounds.naive)[number]) => number) => ({
    name,
    samples: rounds[name].map(read),
  })
  return {
    title: `POST /user/order, ${atOnce} at once`,
    figures: [
      {
        name: 'accepted',
        unit: '/s',
        ours: perSecond,
        floor: beside('naive', s => s.perSecond),
        goal: goals.acceptedBesideNaive,
      },
      {
        name: 'accepted',
        unit: '/s',
        ours: perSecond,
        floor: beside('sharing', s => s.perSecond),
        goal: goals.acceptedBesideSharing,
      },
      { name: 'answer p50', unit: 'ms', ours: ours.map(s => s.p50), floor: beside('sharing', s => s.p50) },
      { name: 'answer p99', unit: 'ms', ours: ours.map(s => s.p99), floor: beside('sharing', s => s.p99) },
      {
        name: 'CPU an order while they are accepted',
        unit: 'ms',
        ours: ours.map(s => s.cpu),
        floor: beside('sharing', s => s.cpu),
      },
      { name: 'CPU an order until it is delivered', unit: 'ms', ours: ours.map(s => s.cpuToDelivered) },
    ],
    notes: [
      `Ours goes on with the orders that it has accepted while it accepts the next (payment, export of ${tinyRecords} records, delivery, capture), in the same process; the floors only accept.`,
      'Floors: node:http, JSON.parse and node:sqlite with synchronous=full; order, history, process, timer and outbox row. Naive: a transaction an order; sharing: the orders of one turn of the event loop share a commit.',
      'The goals are those for MySQL and RabbitMQ, as multiples of the floors; this is the embedded topology.',
    ],
  }
}
