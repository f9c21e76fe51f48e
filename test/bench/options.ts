// What the person who runs the bench asks for.
import { parseArgs } from 'node:util'
import { type TopologyName, topologyNames } from './topologies/topology.ts'

export const scenarioNames = [
  'orders',
  'delivered',
  'time',
  'reads',
  'scale',
  'export',
  'clouds',
  'crash',
  'start',
  'recovery',
] as const
export type ScenarioName = (typeof scenarioNames)[number]

export interface Options {
  /** Smaller counts: less than four minutes for everything. */
  quick: boolean
  /** Writes the page and the chart in docs too. */
  write: boolean
  only: ScenarioName[]
  /** Undefined: the engines where they answer, else embedded. */
  topology: TopologyName | undefined
  /** How many orders stand in the tables, smallest first. Undefined: as the effort has it. */
  scale: number[] | undefined
}

/** Beyond it, what is seeded would outgrow the disk of most machines. */
const ordersAtMost = 10_000_000

export const usage = `npm run bench -- [--quick] [--write] [--topology ${topologyNames.join('|')}] [--only ${scenarioNames.join(',')}] [--scale 1e3,1e5,1e6]`

export class UsageError extends Error {}

/** Throws a UsageError whose message says what is wrong with them. */
export function readOptions(given: string[]): Options {
  const values = parse(given)
  const wanted = values.only.split(',').map(name => name.trim())
  const unknown = wanted.filter(name => !scenarioNames.some(known => known === name))
  if (unknown.length > 0) throw new UsageError(`--only knows ${scenarioNames.join(', ')}, not ${unknown.join(', ')}`)
  return {
    quick: values.quick,
    write: values.write,
    only: scenarioNames.filter(name => wanted.includes(name)),
    topology: readTopology(values.topology),
    scale: values.scale === undefined ? undefined : readScale(values.scale),
  }
}

function readTopology(given: string | undefined): TopologyName | undefined {
  const topology = topologyNames.find(known => known === given)
  if (given !== undefined && !topology) {
    throw new UsageError(`--topology knows ${topologyNames.join(', ')}, not ${given}`)
  }
  return topology
}

function readScale(given: string): number[] {
  const sizes = given.split(',').map(Number)
  const bad = sizes.find(size => !Number.isInteger(size) || size < 1 || size > ordersAtMost)
  if (bad !== undefined) throw new UsageError(`--scale takes whole numbers of orders, such as 1e3,1e5, up to 1e7`)
  return sizes.toSorted((a, b) => a - b)
}

function parse(given: string[]) {
  try {
    return parseArgs({
      args: given,
      options: {
        quick: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        only: { type: 'string', default: scenarioNames.join(',') },
        topology: { type: 'string' },
        scale: { type: 'string' },
      },
    }).values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}
