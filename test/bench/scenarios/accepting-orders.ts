// POST /user/order at 64 at once: how many are accepted a second, and what each costs until it is accepted and delivered.
import { join } from 'node:path'
import { Account } from '../account.ts'
import type { Measured } from '../costs.ts'
import { makeAirports, tinyRecords } from '../datasets.ts'
import { type Figure, percentile } from '../figures.ts'
import { goals } from '../goals.ts'
import type { Target } from '../load/workload.ts'
import { untilConfirmed } from '../outboxes.ts'
import { interleave } from '../rounds.ts'
import type { Bench, ScenarioResult } from '../scenario.ts'
import { type Spent, spendingFigures, startSpending } from '../spending.ts'

const atOnce = 64

interface Accepted {
  perSecond: number
  p50: number
  p99: number
  spent: Spent
}

export async function measureAcceptingOrders(bench: Bench): Promise<ScenarioResult> {
  return bench.topology.name === 'engines' ? measureOnEngines(bench) : measureInOneProcess(bench)
}

/** Like for like: the order service with nothing behind it, as the floors have nothing. Then, apart, all that runs behind it. */
async function measureOnEngines(bench: Bench): Promise<ScenarioResult> {
  const { topology, effort, folder } = bench
  const home = join(folder, 'alone')
  const system = await topology.start(home)
  const account = await openAccount(system)
  // Their messages wait in their queues. The user service stays: it is asked about the token every few seconds.
  await system.stop('payment', 'data')
  const floors = await startFloors(bench, 'confirmed')
  const alone = { user: system.parts.user!, order: system.parts.order! }
  const rounds = await interleave(effort.rounds, {
    ours: () => accept(bench, { parts: alone, target: account.target('order'), home, counted: 'confirmed' }),
    naive: floors.naive,
    sharing: floors.sharing,
  })
  await Promise.all([system.stop('user', 'order'), floors.stop()])
  await topology.remove(home)
  const everything = await measureEverything(bench)
  return {
    title: `POST /user/order, ${atOnce} at once`,
    figures: [
      ...acceptedFigures('order service alone', rounds, true),
      ...spendingFigures({
        words: 'order service alone',
        ours: rounds.ours.map(sample => sample.spent),
        floor: { name: 'sharing', samples: rounds.sharing.map(sample => sample.spent) },
      }),
      ...everything,
    ],
    notes: [
      'Order service alone: payment and data are stopped and their messages wait in their queues, for the floors do nothing more either; the goals apply to this. All running: the same while everything behind it is worked off (payment, export of 10 records, delivery, capture) on the same cores.',
      'Alone, a second counts until the last event is confirmed by the broker and gone from the outbox, for ours and for the floors; answers are given after the commit.',
      `Floors: node:http, JSON.parse, ${topology.floorWords}. Order, history, process, timer and outbox row in the very tables of ours, then a persistent message to a quorum queue. Naive: a transaction an order.`,
    ],
  }
}

/** Everything is in one process: what is accepted is worked off beside what is accepted next. */
async function measureInOneProcess(bench: Bench): Promise<ScenarioResult> {
  const floors = await startFloors(bench, 'answered')
  const { topology } = bench
  const home = join(bench.folder, 'waybill')
  const system = await topology.start(home)
  const account = await openAccount(system)
  const rounds = await interleave(bench.effort.rounds, {
    ours: () => acceptAndWorkOff(bench, { system, account, home }),
    naive: floors.naive,
    sharing: floors.sharing,
  })
  await Promise.all([system.stop(), floors.stop()])
  return {
    title: `POST /user/order, ${atOnce} at once`,
    figures: [
      ...acceptedFigures('all in one process', rounds, true),
      ...spendingFigures({ words: 'until delivered', ours: rounds.ours.map(sample => sample.spent) }),
    ],
    notes: [
      `Ours goes on with the orders that it has accepted while it accepts the next (payment, export of ${tinyRecords} records, delivery, capture), in the same process; the floors only accept.`,
      `Floors: node:http, JSON.parse, ${topology.floorWords}. Order, history, process, timer and outbox row. Naive: a transaction an order.`,
      'The goals are those for MySQL and RabbitMQ with a process for each service, as multiples of the floors; this is another topology.',
    ],
  }
}

async function measureEverything(bench: Bench): Promise<Figure[]> {
  const home = join(bench.folder, 'everything')
  const system = await bench.topology.start(home)
  const account = await openAccount(system)
  const rounds = await interleave(bench.effort.rounds, {
    ours: () => acceptAndWorkOff(bench, { system, account, home }),
  })
  await system.stop()
  await bench.topology.remove(home)
  return [
    ...acceptedFigures('all running', rounds, false),
    ...spendingFigures({ words: 'until delivered', ours: rounds.ours.map(sample => sample.spent) }),
  ]
}

async function openAccount(system: Parameters<typeof Account.open>[0]): Promise<Account> {
  const account = await Account.open(system)
  await makeAirports(join(account.folder, 'tiny.csv'), tinyRecords)
  return account
}

async function startFloors(bench: Bench, counted: Counted) {
  const start = async (sharing: 'naive' | 'sharing') => {
    const home = join(bench.folder, sharing)
    const process = await bench.topology.startFloor(`accept-${sharing}`, home)
    const contender = {
      parts: { floor: process },
      target: { port: process.port, token: 'none' },
      home,
      counted,
    }
    const stop = async () => {
      await process.stop()
      await bench.topology.remove(home)
    }
    return { measure: () => accept(bench, contender), stop }
  }
  const [naive, sharing] = [await start('naive'), await start('sharing')]
  return {
    naive: naive.measure,
    sharing: sharing.measure,
    stop: () => Promise.all([naive.stop(), sharing.stop()]),
  }
}

/** Whether a second ends with the last answer, or when the broker has confirmed the last event too. */
type Counted = 'answered' | 'confirmed'

interface Contender {
  parts: Record<string, Measured>
  target: Target
  home: string
  counted: Counted
}

async function accept(bench: Bench, { parts, target, home, counted }: Contender): Promise<Accepted> {
  const { topology, effort, generator } = bench
  const spending = await startSpending(topology, parts)
  const { done, seconds, latencies } = await generator.run({
    kind: 'place-orders',
    target,
    body: Account.orderOf('tiny'),
    atOnce,
    atMost: effort.ordersAtMost,
    seconds: effort.seconds,
  })
  // The embedded floors have no broker that could confirm.
  const confirmSeconds = topology.name === 'embedded' ? 0 : await untilConfirmed(topology, home)
  const spent = await spending(done)
  return {
    perSecond: done / (seconds + (counted === 'confirmed' ? confirmSeconds : 0)),
    p50: percentile(latencies, 50),
    p99: percentile(latencies, 99),
    spent,
  }
}

async function acceptAndWorkOff(
  { topology, effort, generator }: Bench,
  { system, account, home }: { system: Parameters<typeof Account.open>[0]; account: Account; home: string },
): Promise<Accepted> {
  const spending = await startSpending(topology, system.parts)
  const { done, seconds, latencies } = await generator.run({
    kind: 'place-orders',
    target: account.target('order'),
    body: Account.orderOf('tiny'),
    atOnce,
    atMost: effort.ordersWorkedOffAtMost,
    seconds: effort.seconds,
  })
  await account.untilAllDelivered()
  await untilConfirmed(topology, home)
  const spent = await spending(done)
  return { perSecond: done / seconds, p50: percentile(latencies, 50), p99: percentile(latencies, 99), spent }
}

type Rounds = { ours: Accepted[]; naive?: Accepted[]; sharing?: Accepted[] }

function acceptedFigures(words: string, rounds: Rounds, isJudged: boolean): Figure[] {
  const figure = (
    name: string,
    unit: Figure['unit'],
    read: (sample: Accepted) => number,
    floor: 'naive' | 'sharing',
  ): Figure => ({
    name: `${name}, ${words}`,
    unit,
    ours: rounds.ours.map(read),
    ...(rounds[floor] && { floor: { name: floor, samples: rounds[floor].map(read) } }),
  })
  const accepted = (floor: 'naive' | 'sharing') => figure('accepted', '/s', sample => sample.perSecond, floor)
  const latencies = [
    figure('answer p50', 'ms', sample => sample.p50, 'sharing'),
    figure('answer p99', 'ms', sample => sample.p99, 'sharing'),
  ]
  if (!isJudged) return [accepted('sharing'), ...latencies]
  return [
    { ...accepted('naive'), goal: goals.acceptedBesideNaive },
    { ...accepted('sharing'), goal: goals.acceptedBesideSharing },
    ...latencies,
  ]
}
