// A day of one part of the system: work comes and waits, processes work it off, and the autoscaler moves their number by its rule, late as in life.
import { type DayPlan, hourOf, ordersOfDay, stepSeconds } from './days-load.ts'
import { autoscaler, behaviour, type ScalingRule } from './scaling-rules.ts'

/** What life is like, beside the rules. */
export interface Circumstances {
  /** From the wish for a process to its first answer: a place, the image, the start. */
  startSeconds: number
  /** The autoscaler sees the CPU of this many seconds. */
  measuredSeconds: number
}

export interface Step {
  ordersPerSecond: number
  /** Those that work, without those that start. */
  processes: number
  /** Orders that wait. */
  backlog: number
  /** Of an order that comes now. */
  waitSeconds: number
}

export interface SimulatedDay {
  rule: ScalingRule
  steps: Step[]
  orders: number
  longestWait: number
  /** Of all orders; 1 % wait longer. */
  p99Wait: number
  mostProcesses: number
  processHours: number
  /** Cores that processes asked for, times hours. */
  coreHours: number
  /** Of those, what orders used. */
  usedShare: number
}

interface At {
  at: number
  count: number
}

interface Starting {
  readyAt: number
}

/** `millisecondsOfCpu` is what an order costs in this part. */
export function simulateDay(
  rule: ScalingRule,
  millisecondsOfCpu: number,
  plan: DayPlan,
  { startSeconds, measuredSeconds }: Circumstances,
): SimulatedDay {
  const ordersEach = (rule.cores * 1_000) / millisecondsOfCpu
  let running = rule.min
  let starting: Starting[] = []
  let backlog = 0
  let processSeconds = 0
  const used: number[] = []
  let wishes: At[] = []
  let sizes: At[] = []
  const failureStep = Math.round((plan.failureAtHour * 3_600) / stepSeconds)

  const steps = ordersOfDay(plan).map((ordersPerSecond, step): Step => {
    const now = step * stepSeconds
    running += starting.filter(({ readyAt }) => readyAt <= now).length
    starting = starting.filter(({ readyAt }) => readyAt > now)
    if (step === failureStep && running > 0) {
      running--
      starting.push({ readyAt: now + startSeconds })
    }
    const capacity = running * ordersEach * stepSeconds
    const due = backlog + ordersPerSecond * stepSeconds
    const done = Math.min(due, capacity)
    backlog = due - done
    used.push(capacity === 0 ? 1 : done / capacity)
    if (used.length * stepSeconds > measuredSeconds) used.shift()
    const wished = running + starting.length
    processSeconds += wished * stepSeconds
    sizes = [...since(sizes, now - remembered), { at: now, count: wished }]
    if (now % autoscaler.everySeconds === 0) {
      const utilization = used.reduce((sum, it) => sum + it, 0) / used.length
      const wait = running === 0 ? Infinity : backlog / (running * ordersEach)
      const count = wishOf(rule, wished, { running, utilization, backlog, wait })
      wishes = [...since(wishes, now - remembered), { at: now, count }]
      const next = allowed(wished, now, wishes, sizes, rule)
      for (let more = wished; more < next; more++) starting.push({ readyAt: now + startSeconds })
      for (let less = wished; less > next; less--) {
        if (starting.length > 0) starting.pop()
        else running--
      }
    }
    return {
      ordersPerSecond,
      processes: running,
      backlog,
      waitSeconds: running === 0 ? Infinity : backlog / (running * ordersEach),
    }
  })
  const orders = steps.reduce((sum, { ordersPerSecond }) => sum + ordersPerSecond * stepSeconds, 0)
  const coreHours = (processSeconds * rule.cores) / 3_600
  return {
    ...{ rule, steps, orders, coreHours },
    longestWait: Math.max(...steps.map(({ waitSeconds }) => waitSeconds)),
    p99Wait: waitOf(steps, orders, 0.99),
    mostProcesses: Math.max(...steps.map(({ processes }) => processes)),
    processHours: processSeconds / 3_600,
    usedShare: (orders * millisecondsOfCpu) / 1_000 / 3_600 / coreHours,
  }
}

/** What the autoscaler would like, by the metric that asks for most (Kubernetes: ceil(current × value ÷ target)). */
function wishOf(
  { targetUtilization, messagesEach, lateSeconds, min, max }: ScalingRule,
  current: number,
  seen: { running: number; utilization: number; backlog: number; wait: number },
): number {
  const byCpu = wishByCpu(current, seen.running, seen.utilization / targetUtilization)
  const byQueue = messagesEach === undefined ? 0 : Math.ceil(seen.backlog / messagesEach)
  const byLateness = lateSeconds === undefined ? 0 : Math.ceil(current * (seen.wait / lateSeconds))
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

function waitOf(steps: Step[], orders: number, share: number): number {
  let seen = 0
  for (const { waitSeconds, ordersPerSecond } of steps.toSorted((a, b) => a.waitSeconds - b.waitSeconds)) {
    seen += ordersPerSecond * stepSeconds
    if (seen >= share * orders) return waitSeconds
  }
  return 0
}

/** When the longest wait was, hours. */
export const worstHour = ({ steps, longestWait }: SimulatedDay) =>
  hourOf(steps.findIndex(({ waitSeconds }) => waitSeconds === longestWait))
