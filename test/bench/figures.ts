// A figure: what was measured in each round, beside its floor and its goal.
import type { Goal } from './goals.ts'

export type Unit = 'number' | '/s' | 'ms' | 'µs' | 's' | 'MB/s' | 's/GB' | 'MiB' | 'share' | 'count'

export interface Figure {
  name: string
  unit: Unit
  /** One sample a round. */
  ours: number[]
  floor?: { name: string; samples: number[] }
  goal?: Goal
  /** Drawn in the chart, though less of it is better. */
  isDrawn?: true
}

/** What others cost is not ours to answer for. */
export function withoutGoal({ goal: _, ...figure }: Figure): Figure {
  return figure
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 50)
}

/** The nearest-rank percentile; for 50 and an even number of samples the middle of the two in the middle. NaN for none. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  if (percent === 50 && sorted.length % 2 === 0) {
    return (sorted[sorted.length / 2 - 1]! + sorted[sorted.length / 2]!) / 2
  }
  const rank = Math.ceil((percent / 100) * sorted.length)
  return sorted[Math.max(rank, 1) - 1] ?? Number.NaN
}

/** Ours as a multiple of the floor; undefined without a floor. */
export function ratioOf(figure: Figure): number | undefined {
  return figure.floor && median(figure.ours) / median(figure.floor.samples)
}

/** How far apart the rounds of ours were, as a share of their median. */
export function spreadOf({ ours }: Figure): number {
  const middle = median(ours)
  return middle === 0 ? 0 : (Math.max(...ours) - Math.min(...ours)) / middle
}

/** Undefined without a goal. What could not be measured has not met it. */
export function isMet(figure: Figure): boolean | undefined {
  const { goal } = figure
  if (!goal) return undefined
  const measured = goal.of === 'floor' ? ratioOf(figure) : median(figure.ours)
  if (measured === undefined || Number.isNaN(measured)) return false
  return goal.bound === 'at least' ? measured >= goal.limit : measured <= goal.limit
}
