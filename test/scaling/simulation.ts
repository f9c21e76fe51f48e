// A day of one part of the system: work comes and waits, processes (or machines) work it off, and an autoscaler moves their number, late as in life.
import { type DayPlan, hourOf, ordersOfDay, stepSeconds } from './days-load.ts'

/** What is scaled by itself: processes on Kubernetes, instances on AWS. */
export interface Scaled {
  part: string
  min: number
  max: number
  /** Cores of each. */
  cores: number
}

/** What an autoscaler may look at. */
export interface Seen {
  /** Seconds of the day. */
  now: number
  running: number
  starting: number
  /** Of the cores of those that run, in this step: 0 to 1. */
  utilization: number
  backlog: number
  /** Seconds of work that waits. */
  lateSeconds: number
}

/** Asked in each step: how many there are to be, those that start included. It may remember. */
export type Autoscaler = (seen: Seen) => number

/** What life is like, beside the rules. */
export interface Circumstances {
  /** From the wish for one to its first answer: a place, the image or the release, the start. */
  startSeconds: number
  /** From the end of one that failed to the first answer of the one in its place. */
  replacedAfterSeconds: number
}

export interface Step {
  ordersPerSecond: number
  /** Those that work, without those that start. */
  processes: number
  /** Orders that wait. */
  backlog: number
  /** Of an order that comes now, until its turn. */
  waitSeconds: number
}

export interface SimulatedDay {
  rule: Scaled
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

interface Starting {
  readyAt: number
}

/** `millisecondsOfCpu` is what an order costs in this part. */
export function simulateDay(
  rule: Scaled,
  millisecondsOfCpu: number,
  plan: DayPlan,
  { startSeconds, replacedAfterSeconds }: Circumstances,
  autoscale: Autoscaler,
): SimulatedDay {
  const ordersEach = (rule.cores * 1_000) / millisecondsOfCpu
  let running = rule.min
  let starting: Starting[] = []
  let backlog = 0
  let processSeconds = 0
  const failureStep = Math.round((plan.failureAtHour * 3_600) / stepSeconds)

  const worked = ordersOfDay(plan).map((ordersPerSecond, step) => {
    const now = step * stepSeconds
    running += starting.filter(({ readyAt }) => readyAt <= now).length
    starting = starting.filter(({ readyAt }) => readyAt > now)
    if (step === failureStep && running > 0) {
      running--
      starting.push({ readyAt: now + replacedAfterSeconds })
    }
    const capacity = running * ordersEach * stepSeconds
    const due = backlog + ordersPerSecond * stepSeconds
    const done = Math.min(due, capacity)
    backlog = due - done
    processSeconds += (running + starting.length) * stepSeconds
    const processes = running
    const next = autoscale({
      ...{ now, running, backlog },
      starting: starting.length,
      utilization: capacity === 0 ? 1 : done / capacity,
      lateSeconds: capacity === 0 ? Infinity : backlog / (running * ordersEach),
    })
    for (let more = running + starting.length; more < next; more++) starting.push({ readyAt: now + startSeconds })
    for (let less = running + starting.length; less > next; less--) {
      if (starting.length > 0) starting.pop()
      else running--
    }
    return { ordersPerSecond, processes, backlog, done }
  })
  const waits = waitsUntilTurn(worked)
  const steps = worked.map(({ done: _, ...step }, at): Step => ({ ...step, waitSeconds: waits[at]! }))
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

/** First come, first served: seconds until what waited at the end of a step is done; of what the day leaves, as if midnight went on. */
function waitsUntilTurn(worked: { backlog: number; done: number }[]): number[] {
  let at = 0
  /** Done after the step that is looked at, up to `at`. */
  let ahead = 0
  return worked.map(({ backlog }, step) => {
    if (at > step) ahead -= worked[step]!.done
    else {
      at = step
      ahead = 0
    }
    while (ahead < backlog && at + 1 < worked.length) ahead += worked[++at]!.done
    if (ahead < backlog) return Infinity
    // In the last step only a part of what was done was ours.
    const beyond = at === step ? 0 : (ahead - backlog) / worked[at]!.done
    return (at - step - beyond) * stepSeconds
  })
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
