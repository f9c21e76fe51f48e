// The days that docs/scaling.md tells of: the rules of production against the planned load, on what the bench measured; and the questions asked of them.

import type { ServiceName } from '@waybill/contracts'
import { prices as awsPrices } from '../../deployment/aws/src/costs.ts'
import type { StageName } from '../../deployment/aws/src/stages.ts'
import type { BenchFigures } from './bench-figures.ts'
import { plannedDay, stepSeconds } from './days-load.ts'
import { kubernetesAutoscaler } from './kubernetes-autoscaler.ts'
import { prices } from './prices.ts'
import { productionRules, type ScalingRule } from './scaling-rules.ts'
import { type Circumstances, type SimulatedDay, simulateDay } from './simulation.ts'
import { type TrackedGroup, targetTracking, trackedGroups } from './target-tracking.ts'

export const delivering = 'Ordered and delivered, 32 at once'

/** Assumed: a place on a machine, the image, the start (of which the bench measures the last two seconds); CPU over two samples of the metrics server. */
export const circumstances: Circumstances = { startSeconds: 45, replacedAfterSeconds: 45 }
const measuredSeconds = 30
/** Assumed: health checks of the balancer, and of the group that asks it, find an instance that failed. */
export const foundDeadAfterSeconds = 60
/** What the rules are to hold. */
export const longestWaitAllowed = 60

/** Milliseconds of CPU of an order of 3,400 rows, by part. What ten rows cost the data service is taken for its part without the export. */
export function cpuByPart(figures: BenchFigures): Record<ScalingRule['part'], number> {
  const of = (row: string) => figures.value(delivering, row)
  const data = of('– of it data, 10 rows')
  return {
    order: of('– of it order, 3400 rows'),
    payment: of('– of it payment, 3400 rows'),
    data,
    'data-export': of('– of it data, 3400 rows') - data,
  }
}

export function simulateParts(figures: BenchFigures, rules = productionRules, plan = plannedDay): SimulatedDay[] {
  const cpu = cpuByPart(figures)
  return rules.map(rule =>
    simulateDay(rule, cpu[rule.part], plan, circumstances, kubernetesAutoscaler(rule, measuredSeconds)),
  )
}

/** The same day on AWS, where exports are the data service's own work. */
export function simulateGroups(figures: BenchFigures, groups: TrackedGroup[], plan = plannedDay): SimulatedDay[] {
  return groups.map(group => {
    const cpu = figures.value(delivering, `– of it ${group.part satisfies ServiceName}, 3400 rows`)
    const { warmUpSeconds: startSeconds } = group
    const life = { startSeconds, replacedAfterSeconds: foundDeadAfterSeconds + startSeconds }
    return simulateDay(group, cpu, plan, life, targetTracking(group))
  })
}

/** Those that a service has at least, more of them: what it would be like. */
export const withAtLeast = (min: number, stage: StageName) =>
  trackedGroups(stage).map(group => ({ ...group, min: Math.min(min, group.max) }))

export const dollarsOfInstances = (days: SimulatedDay[], machine: string) =>
  days.reduce((sum, { processHours }) => sum + processHours, 0) * awsPrices.instances[machine]!

export const keepsUp = ({ longestWait }: SimulatedDay) => longestWait <= longestWaitAllowed

/** Seconds that orders waited at most in the ten minutes after one process had failed. */
export function waitAfterFailure({ steps }: SimulatedDay, plan = plannedDay): number {
  const at = (plan.failureAtHour * 3_600) / stepSeconds
  return Math.max(...steps.slice(at, at + 600 / stepSeconds).map(({ waitSeconds }) => waitSeconds))
}

export const dollarsOf = (days: SimulatedDay[]) =>
  days.reduce((sum, { coreHours }) => sum + coreHours, 0) * prices.coreHour.dollars
