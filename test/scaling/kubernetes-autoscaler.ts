// The autoscaler of Kubernetes with the rules of production: by the metric that asks for most, as fast as the behaviour lets it.
import { stepSeconds } from './days-load.ts'
import { autoscaler, behaviour, type ScalingRule } from './scaling-rules.ts'
import type { Autoscaler } from './simulation.ts'

interface At {
  at: number
  count: number
}

/** It sees the CPU of so many seconds. */
export function kubernetesAutoscaler(rule: ScalingRule, measuredSeconds: number): Autoscaler {
  const used: number[] = []
  let wishes: At[] = []
  let sizes: At[] = []
  return ({ now, running, starting, utilization, backlog, lateSeconds }) => {
    used.push(utilization)
    if (used.length * stepSeconds > measuredSeconds) used.shift()
    const current = running + starting
    sizes = [...since(sizes, now - remembered), { at: now, count: current }]
    if (now % autoscaler.everySeconds !== 0) return current
    const seen = { running, backlog, lateSeconds, utilization: used.reduce((sum, it) => sum + it, 0) / used.length }
    wishes = [...since(wishes, now - remembered), { at: now, count: wishOf(rule, current, seen) }]
    return allowed(current, now, wishes, sizes, rule)
  }
}

/** What the autoscaler would like, by the metric that asks for most (Kubernetes: ceil(current × value ÷ target)). */
function wishOf(
  { targetUtilization, messagesEach, lateSeconds, min, max }: ScalingRule,
  current: number,
  seen: { running: number; utilization: number; backlog: number; lateSeconds: number },
): number {
  const byCpu = wishByCpu(current, seen.running, seen.utilization / targetUtilization)
  const byQueue = messagesEach === undefined ? 0 : Math.ceil(seen.backlog / messagesEach)
  const byLateness = lateSeconds === undefined ? 0 : Math.ceil(current * (seen.lateSeconds / lateSeconds))
  return Math.min(Math.max(byCpu, byQueue, byLateness, min), max)
}

/** Those that start count as idle when there are to be more, and not at all when there are to be fewer; a small difference is let be. */
function wishByCpu(current: number, running: number, ratio: number): number {
  if (ratio < 1 - autoscaler.tolerance) return Math.ceil(running * ratio)
  const ratioOfAll = (ratio * running) / current
  return ratioOfAll > 1 + autoscaler.tolerance ? Math.ceil(current * ratioOfAll) : current
}

/** Seconds for which the behaviour looks back at most. */
const remembered = Math.max(
  behaviour.down.stabilizationSeconds,
  behaviour.down.periodSeconds,
  behaviour.up.periodSeconds,
)
const since = (list: At[], from: number) => list.filter(({ at }) => at >= from)

/** As far and as fast as the behaviour lets it. */
function allowed(current: number, now: number, wishes: At[], sizes: At[], { min, max }: ScalingRule): number {
  const { up, down } = behaviour
  const within = (list: At[], seconds: number) => since(list, now - seconds).map(({ count }) => count)
  const wish = wishes.at(-1)!.count
  if (wish > current) {
    const least = Math.min(...within(wishes, up.stabilizationSeconds))
    const before = Math.min(...within(sizes, up.periodSeconds))
    const most = Math.max(Math.ceil(before * (1 + up.percent / 100)), before + up.processes)
    return Math.min(Math.max(Math.min(least, most), current), max)
  }
  const most = Math.max(...within(wishes, down.stabilizationSeconds))
  const before = Math.max(...within(sizes, down.periodSeconds))
  return Math.max(Math.min(current, Math.max(most, before - down.processes)), min)
}
