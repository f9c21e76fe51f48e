// Target tracking of EC2 Auto Scaling, for the simulation: the groups as deployment/aws has them, and how AWS moves their number.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html
import { type ServiceName, serviceNames } from '@waybill/contracts'
import { type StageName, scaling, stages } from '../../deployment/aws/src/stages.ts'
import type { Autoscaler, Scaled } from './simulation.ts'

/** The instances of a service. */
export interface TrackedGroup extends Scaled {
  part: ServiceName
  machine: string
  /** Of the CPU of a group, 0 to 1. */
  target: number
  /** Until an instance counts. */
  warmUpSeconds: number
}

/** vCPUs, each taken for a core. That types t3 run on credits after a while is not in the simulation. */
export const coresOf: Record<string, number> = { 't3.small': 2, 't3.medium': 2, 'm7i.large': 2 }

/** By the constants that the stacks are made of; a test compares them with the templates. */
export function trackedGroups(stageName: StageName): TrackedGroup[] {
  const { instanceType: machine, mostInstances } = stages[stageName]
  const shared = { machine, cores: coresOf[machine]!, target: scaling.cpu / 100, warmUpSeconds: scaling.warmUpSeconds }
  return serviceNames.map(part => ({ ...shared, part, min: scaling.least, max: mostInstances[part] }))
}

/** Of AWS: an alarm when the metric was above the target for 3 minutes, and one when it was below nine tenths of it for 15. */
export const alarms = { highMinutes: 3, lowMinutes: 15, lowShare: 0.9 }
/** Assumed: CloudWatch has the CPU of a minute a minute later. */
export const metricLateSeconds = 60

/**
 * Out: at once as many as the proportion of metric and target asks for, where those that warm up are taken for granted. In: AWS does
 * not say how gradually; here by one, after 15 minutes of less each time, and never while one warms up.
 */
export function targetTracking({ min, max, target }: TrackedGroup): Autoscaler {
  /** The averages of past minutes, as CloudWatch has them. */
  let minutes: number[] = []
  let late: { at: number; average: number }[] = []
  let used: number[] = []
  return ({ now, running, starting, utilization }) => {
    const current = running + starting
    // A group without an instance that serves has no metric.
    if (running > 0) used.push(utilization)
    if (now % 60 !== 0) return current
    if (used.length > 0) late.push({ at: now, average: used.reduce((sum, it) => sum + it, 0) / used.length })
    used = []
    const arrived = late.filter(({ at }) => at + metricLateSeconds <= now)
    late = late.filter(({ at }) => at + metricLateSeconds > now)
    minutes = [...minutes, ...arrived.map(({ average }) => average)].slice(-alarms.lowMinutes)
    const lately = minutes.slice(-alarms.highMinutes)
    if (lately.length === alarms.highMinutes && lately.every(each => each > target)) {
      return Math.min(Math.max(current, Math.ceil(running * (lately.at(-1)! / target))), max)
    }
    const isLow = minutes.length === alarms.lowMinutes && minutes.every(each => each < alarms.lowShare * target)
    if (!isLow || starting > 0 || current <= min) return current
    minutes = []
    return current - 1
  }
}
