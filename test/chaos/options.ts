// What the person who runs the chaos suite asks for.
import { parseArgs } from 'node:util'
import { type FaultKind, faultKinds } from './plan.ts'

export const topologies = ['cluster', 'embedded'] as const
export type TopologyName = (typeof topologies)[number]

export interface Options {
  seed: number
  seconds: number
  topology: TopologyName
  faults: FaultKind[]
  everyStep: boolean
  ordersPerSecond: number
  /** After a restart all is moving again within so many milliseconds; more where the machine is busy with other things. */
  movingWithin: number
  /** A commit whose code takes part as the version before. */
  previous: string | undefined
  /** A commit that is put to the test in place of the files that lie here. */
  code: string | undefined
  /** The run's folder is kept whatever the outcome. */
  keep: boolean
}

export class UsageError extends Error {}

export const usage = `npm run chaos -- [--seed <n>] [--seconds <n>] [--topology ${topologies.join('|')}] [--faults ${faultKinds.join(',')}]
                   [--no-every-step] [--orders <a second>] [--moving-within <ms>] [--previous <commit>] [--code <commit>] [--keep]`

/** What cannot go wrong where one process on SQLite is all there is. */
const needEngines: FaultKind[] = ['broker', 'database', 'connections', 'messages']

/** Throws a UsageError whose message says what is wrong with them. Without a seed one is drawn, and printed like any other. */
export function readOptions(given: string[]): Options {
  const values = parse(given)
  const topology = oneOf('--topology', topologies, values.topology)
  const possible = faultKinds.filter(kind => topology === 'cluster' || !needEngines.includes(kind))
  const faults = values.faults?.split(',').map(name => oneOf('--faults', possible, name.trim())) ?? possible
  return {
    seed: wholeNumber('--seed', values.seed ?? String(Math.floor(Math.random() * 1_000_000))),
    seconds: wholeNumber('--seconds', values.seconds),
    topology,
    faults,
    everyStep: !values['no-every-step'] && faults.includes('step'),
    ordersPerSecond: wholeNumber('--orders', values.orders),
    movingWithin: wholeNumber('--moving-within', values['moving-within']),
    previous: values.previous,
    code: values.code,
    keep: values.keep,
  }
}

function parse(given: string[]) {
  try {
    return parseArgs({
      args: given,
      options: {
        seed: { type: 'string' },
        seconds: { type: 'string', default: '60' },
        topology: { type: 'string', default: 'cluster' },
        faults: { type: 'string' },
        'no-every-step': { type: 'boolean', default: false },
        orders: { type: 'string', default: '6' },
        'moving-within': { type: 'string', default: '3000' },
        previous: { type: 'string' },
        code: { type: 'string' },
        keep: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function oneOf<T extends string>(flag: string, known: readonly T[], name: string): T {
  const found = known.find(it => it === name)
  if (found === undefined) throw new UsageError(`${flag} knows ${known.join(', ')}, not ${name}`)
  return found
}

function wholeNumber(flag: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`${flag} is a whole number, not ${text}`)
  return Number(text)
}
