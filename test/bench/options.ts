// What the person who runs the bench asks for.
import { parseArgs } from 'node:util'

export const scenarioNames = ['orders', 'delivered', 'time', 'reads', 'export', 'start', 'recovery'] as const
export type ScenarioName = (typeof scenarioNames)[number]

export interface Options {
  /** Smaller counts: about a minute for everything. */
  quick: boolean
  /** Writes docs/bench.md too. */
  write: boolean
  only: ScenarioName[]
}

export const usage = `npm run bench -- [--quick] [--write] [--only ${scenarioNames.join(',')}]`

export class UsageError extends Error {}

/** Throws a UsageError whose message says what is wrong with them. */
export function readOptions(given: string[]): Options {
  const values = parse(given)
  const wanted = values.only.split(',').map(name => name.trim())
  const unknown = wanted.filter(name => !scenarioNames.some(known => known === name))
  if (unknown.length > 0) throw new UsageError(`--only knows ${scenarioNames.join(', ')}, not ${unknown.join(', ')}`)
  return { quick: values.quick, write: values.write, only: scenarioNames.filter(name => wanted.includes(name)) }
}

function parse(given: string[]) {
  try {
    return parseArgs({
      args: given,
      options: {
        quick: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        only: { type: 'string', default: scenarioNames.join(',') },
      },
    }).values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}
