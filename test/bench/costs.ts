// What each process that takes part spends: ours by their names, the engines by theirs.
import { cpuMillisecondsOf, residentMebibytesOf } from './process-facts.ts'

/** A process of this machine that the bench has not started. */
export interface Engine {
  name: string
  pid: number
}

/** Milliseconds of processor time, or MiB, by process. */
export type Costs = Record<string, number>

export interface Measured {
  readonly cpuMilliseconds: number
}

/** Call it at the beginning; what it answers tells what was spent since. */
export function meter(processes: Record<string, Measured>): () => Costs {
  const read = () => mapValues(processes, process => process.cpuMilliseconds)
  const before = read()
  return () => {
    const after = read()
    return mapValues(before, (spent, name) => after[name]! - spent)
  }
}

export function engineProcesses(engines: Engine[]): Record<string, Measured & { readonly residentMebibytes: number }> {
  return Object.fromEntries(
    engines.map(({ name, pid }) => [
      name,
      {
        get cpuMilliseconds() {
          return cpuMillisecondsOf(pid)
        },
        get residentMebibytes() {
          return residentMebibytesOf(pid)
        },
      },
    ]),
  )
}

export function sumOf(costs: Costs): number {
  return Object.values(costs).reduce((total, cost) => total + cost, 0)
}

export function mapValues<T, R>(of: Record<string, T>, map: (value: T, name: string) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, map(value, name)]))
}
