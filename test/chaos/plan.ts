// What goes wrong in a run, and in which order: a pure function of the seed, so that a run can be had again.
import { positions } from './saga-positions.ts'
import { type Random, seededRandom } from './seeded-random.ts'

export const faultKinds = [
  'kill',
  'step',
  'stall',
  'broker',
  'database',
  'connections',
  'messages',
  'clock',
  'disk',
  'version',
] as const
export type FaultKind = (typeof faultKinds)[number]

/** Times are seconds. */
export type Fault =
  /** SIGKILL of all of them at once, and a start again. */
  | { kind: 'kill'; instances: string[]; downFor: number }
  /** SIGKILL of every instance of the service that has the next move, when an order stands at this position. */
  | { kind: 'step'; position: string; downFor: number }
  /** SIGSTOP and, when its leases have run out, SIGCONT. */
  | { kind: 'stall'; instance: string; lasts: number }
  /** The broker is stopped in good order, or killed. */
  | { kind: 'broker'; how: 'stop' | 'kill'; lasts: number }
  /** SIGKILL of the database server. */
  | { kind: 'database'; lasts: number }
  /** Connections are cut some times in a row, refused for a while, or pass nothing on. */
  | {
      kind: 'connections'
      to: 'database' | 'broker'
      instances: string[]
      how: 'cut' | 'refuse' | 'hang'
      lasts: number
    }
  /** Messages come twice, late and in another order. */
  | { kind: 'messages'; duplicated: number; delayedAtMost: number; lasts: number }
  | { kind: 'clock'; instance: string; by: number; lasts: number }
  /** Exports find no space left. */
  | { kind: 'disk'; lasts: number }
  /** Another version of the code takes an instance's place beside the others, and gives it back. */
  | { kind: 'version'; instance: string; to: 'next' | 'previous'; lasts: number; ends: 'stop' | 'kill' }

/** Faults that happen together. */
export interface Act {
  faults: Fault[]
  /** Quiet seconds behind it. */
  pause: number
}

export interface PlanOptions {
  seed: number
  /** About so long; a plan holds one fault of each kind at least, and every position of the saga where `everyStep` is set. */
  seconds: number
  kinds: FaultKind[]
  everyStep: boolean
  instances: string[]
  previous: boolean
}

/** What an act takes, about: by it the plan is cut to the wanted length. */
const usualSeconds: Record<FaultKind, number> = {
  kill: 4,
  step: 2.5,
  stall: 5,
  broker: 8,
  database: 6,
  connections: 3,
  messages: 6,
  clock: 6,
  disk: 6,
  version: 8,
}
/** What may go on beside another fault. */
const companions: FaultKind[] = ['messages', 'clock', 'connections']
const stepsOfARound = 4

export function planActs(options: PlanOptions): Act[] {
  const { seed, seconds, kinds, everyStep } = options
  const random = seededRandom(seed, 'faults')
  const acts: Act[] = []
  const steps = kinds.includes('step') ? random.shuffled(positions) : []
  let stepsPlanned = 0
  const nextStep = (): Fault => {
    const { name } = steps[stepsPlanned++ % steps.length]!
    return { kind: 'step', position: name, downFor: random.oneOf([0, 0, 0.5]) }
  }
  const isEnough = () => acts.reduce((sum, act) => sum + durationOf(act), 0) >= seconds
  do {
    const round: Fault[] = kinds.filter(kind => kind !== 'step').map(kind => planFault(kind, random, options))
    const count = steps.length === 0 ? 0 : everyStep && acts.length === 0 ? steps.length : stepsOfARound
    for (let planned = 0; planned < count; planned++) round.push(nextStep())
    for (const fault of random.shuffled(round)) {
      acts.push({ faults: [fault, ...companionOf(fault, random, options)], pause: random.between(2, 12) / 10 })
    }
  } while (!isEnough())
  return acts
}

export function durationOf({ faults, pause }: Act): number {
  return Math.max(...faults.map(fault => usualSeconds[fault.kind])) + pause
}

/** Two at once, now and then: what each alone is harmless for may not be so together. */
function companionOf(fault: Fault, random: Random, options: PlanOptions): Fault[] {
  const possible = companions
    .filter(kind => options.kinds.includes(kind) && kind !== fault.kind)
    // Where one process is all there is, its clock is the database's too: who starts an hour ahead plans an hour ahead.
    .filter(kind => kind !== 'clock' || options.instances.length > 1)
  const isAlone = fault.kind === 'broker' || fault.kind === 'database' || fault.kind === 'version'
  if (isAlone || possible.length === 0 || !random.chance(0.25)) return []
  return [planFault(random.oneOf(possible), random, options)]
}

function planFault(kind: FaultKind, random: Random, { instances, previous }: PlanOptions): Fault {
  const some = (atMost: number) => random.shuffled(instances).slice(0, random.between(1, atMost))
  switch (kind) {
    case 'kill': {
      const how = random.oneOf([1, 2, instances.length])
      return { kind, instances: random.shuffled(instances).slice(0, how), downFor: random.oneOf([0, 0.5, 2]) }
    }
    case 'step':
      return { kind, position: random.oneOf(positions).name, downFor: 0 }
    case 'stall':
      return { kind, instance: random.oneOf(instances), lasts: 4 }
    case 'broker':
      return { kind, how: random.oneOf(['stop', 'kill']), lasts: random.between(1, 4) }
    case 'database':
      return { kind, lasts: random.between(0, 3) }
    case 'connections': {
      const how = random.oneOf(['cut', 'refuse', 'hang'] as const)
      return { kind, to: random.oneOf(['database', 'broker']), instances: some(instances.length), how, lasts: 2 }
    }
    case 'messages':
      return { kind, duplicated: random.oneOf([0.3, 0.7, 1]), delayedAtMost: random.oneOf([0.1, 0.6]), lasts: 5 }
    case 'clock':
      return { kind, instance: random.oneOf(instances), by: random.oneOf([-3_600, -5, 5, 60, 3_600]), lasts: 4 }
    case 'disk':
      return { kind, lasts: 3 }
    case 'version': {
      const to = previous && random.chance(0.5) ? 'previous' : 'next'
      return { kind, instance: random.oneOf(instances), to, lasts: 3, ends: random.oneOf(['stop', 'kill']) }
    }
  }
}

/** One line, for the log and for a person. */
export function describe(fault: Fault): string {
  const { kind, ...rest } = fault
  const facts = Object.entries(rest).map(([name, value]) => `${name} ${Array.isArray(value) ? value.join('+') : value}`)
  return `${kind}: ${facts.join(', ')}`
}
