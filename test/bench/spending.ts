// What an order costs: processor time of each process of ours and of each engine, statements and commits.
import { type Costs, engineProcesses, type Measured, mapValues, meter, sumOf } from './costs.ts'
import { type Figure, median } from './figures.ts'
import type { Goal } from './goals.ts'
import type { Topology } from './topologies/topology.ts'

/** For one order. */
export interface Spent {
  /** Milliseconds by process. */
  parts: Costs
  engines: Costs
  statements: number | undefined
  commits: number | undefined
}

/** Counts from now on; what it answers divides by the orders that were done meanwhile. */
export async function startSpending(
  topology: Topology,
  parts: Record<string, Measured>,
): Promise<(orders: number) => Promise<Spent>> {
  const countedBefore = await topology.countStatements()
  const ours = meter(parts)
  const engines = meter(engineProcesses(topology.engines))
  return async orders => {
    const each = (costs: Costs) => mapValues(costs, cost => cost / orders)
    const spent = { parts: each(ours()), engines: each(engines()) }
    const counted = await topology.countStatements()
    const countOf = (what: 'statements' | 'commits') =>
      counted && countedBefore && (counted[what] - countedBefore[what]) / orders
    return { ...spent, statements: countOf('statements'), commits: countOf('commits') }
  }
}

interface Contenders {
  /** What the orders were, for the figures' names. */
  words: string
  ours: Spent[]
  floor?: { name: string; samples: Spent[] }
  /** For the time of all of our processes together. */
  goal?: Goal
}

export function spendingFigures({ words, ours, floor, goal }: Contenders): Figure[] {
  const figure = (name: string, unit: Figure['unit'], read: (spent: Spent) => number, isFloors = true): Figure => ({
    name: `${name}, ${words}`,
    unit,
    ours: ours.map(read),
    ...(floor && isFloors && { floor: { name: floor.name, samples: floor.samples.map(read) } }),
  })
  const first = ours[0]!
  const parts = Object.keys(first.parts)
  const engines = Object.keys(first.engines)
  const figures: Figure[] = [{ ...figure('CPU an order', 'ms', spent => sumOf(spent.parts)), goal, isDrawn: true }]
  if (parts.length > 1) {
    for (const part of parts) figures.push(figure(`– of it ${part}`, 'ms', spent => spent.parts[part]!, false))
  }
  for (const engine of engines) figures.push(figure(`CPU of ${engine} an order`, 'ms', spent => spent.engines[engine]!))
  if (engines.length > 0) {
    const withEngines = (spent: Spent) => sumOf(spent.parts) + sumOf(spent.engines)
    figures.push({ ...figure('CPU an order, engines too', 'ms', withEngines), isDrawn: true })
  }
  if (first.statements !== undefined) {
    figures.push(
      figure('SQL statements an order', 'number', spent => spent.statements ?? Number.NaN),
      figure('commits an order', 'number', spent => spent.commits ?? Number.NaN),
    )
  }
  return figures.filter(({ ours }) => !Number.isNaN(median(ours)))
}
