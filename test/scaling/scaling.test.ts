// What docs/scaling.md tells is what was measured and simulated; the simulated rules are those that are deployed; bad rules are found out.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { stageNames } from '../../deployment/aws/src/stages.ts'
import { readBenchFigures } from './bench-figures.ts'
import { ordersOfDay, plannedDay, stepSeconds } from './days-load.ts'
import { keepsUp, simulateGroups, simulateParts, waitAfterFailure, withAtLeast } from './planned-days.ts'
import { fillScalingPage, readFigures } from './scaling-page.ts'
import { behaviour, messagesEach, productionRules } from './scaling-rules.ts'
import { type Seen, type Step, simulateDay } from './simulation.ts'
import { alarms, metricLateSeconds, targetTracking, trackedGroups } from './target-tracking.ts'

const file = (path: string) => new URL(`../../${path}`, import.meta.url)
const read = (path: string) => readFileSync(file(path), 'utf8')
const figures = readFigures()

test('the tables of docs/scaling.md are what npm run reference writes', () => {
  const page = read('docs/scaling.md')
  expect(fillScalingPage(page)).toBe(page)
})

test('a figure that moves in docs/bench.md moves them, and a row that is gone is missed', () => {
  const page = read('docs/bench.md')
  const slower = page.replace(/(## Ordered and delivered[\s\S]*?– of it order, 3400 rows \| )[\d.]+ ms/, '$150.0 ms')
  const [before, after] = [figures, readBenchFigures(slower)].map(it => simulateParts(it)[0]!)
  expect(after!.usedShare).toBeGreaterThan(before!.usedShare)
  expect(() => readBenchFigures('').value('Reads, 16 at once', 'GET /order/:id')).toThrow('has no row')
})

describe('the simulated day', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(simulateParts(figures)).toEqual(simulateParts(figures))
    expect(ordersOfDay({ ...plannedDay, seed: 1 })).not.toEqual(ordersOfDay(plannedDay))
  })

  test('the rules of production get through it', () => {
    const days = simulateParts(figures)
    expect(days.map(({ rule }) => rule.part)).toEqual(['order', 'payment', 'data', 'data-export'])
    for (const day of days) {
      expect(keepsUp(day), `${day.rule.part}: ${day.longestWait} s`).toBe(true)
      expect(Math.max(...day.steps.map(({ processes }) => processes))).toBeLessThanOrEqual(day.rule.max)
      // What came was worked off: nothing waits at midnight.
      expect(day.steps.at(-1)!.backlog).toBe(0)
    }
  })

  test.each([
    ['too few processes', { max: 4 }],
    ['a target that leaves no room, and no look at the queue', { targetUtilization: 0.98, messagesEach: undefined }],
  ])('%s do not get through it', (_, worse) => {
    const [order] = simulateParts(figures, [{ ...productionRules[0]!, ...worse }])
    expect(keepsUp(order!)).toBe(false)
  })

  test('the number doubles at most, or grows by two, and shrinks by a process a minute', () => {
    const { up, down } = behaviour
    const processesBefore = (steps: Step[], at: number, seconds: number) => steps[at - seconds / stepSeconds]!.processes
    for (const { steps } of simulateParts(figures)) {
      let [mostGained, mostLost] = [0, 0]
      for (let at = down.periodSeconds / stepSeconds; at < steps.length; at++) {
        const { processes } = steps[at]!
        const before = processesBefore(steps, at, up.periodSeconds)
        mostGained = Math.max(mostGained, processes - Math.max(before * (1 + up.percent / 100), before + up.processes))
        mostLost = Math.max(mostLost, processesBefore(steps, at, down.periodSeconds) - processes)
      }
      // One may have failed, and come back, besides.
      expect(mostGained).toBeLessThanOrEqual(1)
      expect(mostLost).toBeLessThanOrEqual(down.processes + 1)
    }
  })

  test('a process that fails is felt where there is no room left', () => {
    const tight = { ...productionRules[0]!, min: 6, max: 6, messagesEach: undefined }
    const calm = { ...plannedDay, failureAtHour: 13.5 }
    const [withFailure] = simulateParts(figures, [tight], calm)
    const [without] = simulateParts(figures, [tight], { ...calm, failureAtHour: 25 })
    expect(waitAfterFailure(withFailure!, calm)).toBeGreaterThan(waitAfterFailure(without!, calm))
  })
})

test('an order waits until those before it are done, whatever becomes of the processes meanwhile', () => {
  const rule = { part: 'order', min: 1, max: 2, cores: 1 }
  const life = { startSeconds: 60, replacedAfterSeconds: 100 }
  // A hundred a second come all day, and one process does two hundred.
  const even = { ...plannedDay, peak: 100, nightShare: 1, noise: 0, burst: { atHour: 25, minutes: 0, times: 1 } }
  const day = simulateDay(rule, 5, { ...even, failureAtHour: 12 }, life, () => 1)
  const noon = (12 * 3_600) / stepSeconds
  expect(day.steps[noon - 1]!.waitSeconds).toBe(0)
  // Those of the first five seconds wait for the new one; then it takes half a second of it for each second.
  expect(day.longestWait).toBeGreaterThan(95)
  expect(day.longestWait).toBeLessThanOrEqual(105)
  expect(day.steps[noon + 200 / stepSeconds]!.waitSeconds).toBeLessThan(5)
})

describe('target tracking', () => {
  const [group] = trackedGroups('prod').filter(({ part }) => part === 'order')
  /** Minutes of this CPU, on so many instances; answers the numbers wished for at their ends. */
  const minutes = (scaler: ReturnType<typeof targetTracking>, from: number, count: number, seen: Partial<Seen>) =>
    Array.from({ length: count }, (_, at) => {
      let wish = 0
      for (let second = stepSeconds; second <= 60; second += stepSeconds) {
        const now = (from + at) * 60 + second
        wish = scaler({ now, running: 2, starting: 0, utilization: 0, backlog: 0, lateSeconds: 0, ...seen })
      }
      return wish
    })

  test('grows at once by proportion when the third minute above the target has arrived, and counts those that warm up', () => {
    const scaler = targetTracking(group!)
    const late = metricLateSeconds / 60
    const first = minutes(scaler, 0, alarms.highMinutes + late, { utilization: 1 })
    // 2 × 100 % ÷ 60 %
    expect(first).toEqual([...Array(alarms.highMinutes + late - 1).fill(2), 4])
    expect(minutes(scaler, first.length, 2, { utilization: 1, starting: 2 })).toEqual([4, 4])
    expect(minutes(scaler, first.length + 2, 1, { utilization: 1, running: 12 })).toEqual([group!.max])
  })

  test('shrinks by one after fifteen minutes of less than nine tenths, not before, and not while one warms up', () => {
    const scaler = targetTracking(group!)
    const long = alarms.lowMinutes + metricLateSeconds / 60
    const idle = 0.53
    expect(minutes(scaler, 0, long, { utilization: idle })).toEqual([...Array(long - 1).fill(2), 1])
    expect(minutes(scaler, long, alarms.lowMinutes - 1, { utilization: idle, running: 3 })).toEqual(
      Array(alarms.lowMinutes - 1).fill(3),
    )
    const warming = targetTracking(group!)
    expect(minutes(warming, 0, long + 5, { utilization: idle, starting: 1 }).at(-1)).toBe(3)
    const near = targetTracking(group!)
    expect(minutes(near, 0, long + 5, { utilization: 0.55 }).at(-1)).toBe(2)
  })

  test('the groups of every stage get through the day, though late; two of each do not make anybody wait', () => {
    for (const stage of stageNames) {
      for (const day of simulateGroups(figures, trackedGroups(stage))) {
        expect(day.steps.at(-1)!.backlog, `${stage}, ${day.rule.part}`).toBe(0)
        expect(day.mostProcesses).toBeLessThanOrEqual(day.rule.max)
      }
    }
    expect(simulateGroups(figures, trackedGroups('prod')).every(keepsUp)).toBe(false)
    expect(simulateGroups(figures, withAtLeast(2, 'prod')).every(keepsUp)).toBe(true)
  })
})

/** Every number behind a name, in the part of a YAML document that is about one object. */
const numbersOf = (text: string, name: string) =>
  [...text.matchAll(new RegExp(`\\b${name}: "?(\\d+)"?`, 'g'))].map(it => Number(it[1]))

const kubernetes = 'deployment/kubernetes/components/keda/keda.yaml'
const values = 'deployment/helm/waybill/values-prod.yaml'

describe('the rules are those of the artefacts', () => {
  const documents = () =>
    read(kubernetes)
      .split(/^---$/m)
      .filter(it => it.includes('kind: ScaledObject'))

  test.each(productionRules.map(rule => [rule.part, rule] as const))('%s', (part, rule) => {
    const document = documents().find(it => new RegExp(`name: waybill-${part}$`, 'm').test(it))!
    const [up, down] = document.split('scaleDown:') as [string, string]
    expect(numbersOf(up, 'stabilizationWindowSeconds')).toEqual([behaviour.up.stabilizationSeconds])
    expect(numbersOf(up.split('scaleUp:')[1]!, 'value')).toEqual([behaviour.up.percent, behaviour.up.processes])
    expect(numbersOf(up, 'periodSeconds')).toEqual([behaviour.up.periodSeconds, behaviour.up.periodSeconds])
    const [slowly, triggers] = down.split('triggers:') as [string, string]
    expect(numbersOf(slowly, 'stabilizationWindowSeconds')).toEqual([behaviour.down.stabilizationSeconds])
    expect(numbersOf(slowly, 'value')).toEqual([behaviour.down.processes])
    expect(numbersOf(slowly, 'periodSeconds')).toEqual([behaviour.down.periodSeconds])
    const queue = rule.messagesEach === undefined ? [] : [messagesEach]
    expect(numbersOf(triggers, 'value')).toEqual([rule.targetUtilization * 100, ...queue])
    expect(numbersOf(triggers, 'threshold')).toEqual(rule.lateSeconds === undefined ? [] : [rule.lateSeconds])
  })

  test('how many there may be in production, and the cores that each asks for', () => {
    const production = read(values)
    for (const { part, min, max, cores } of productionRules) {
      const place =
        part === 'data-export'
          ? /exports:\s+replicas: \{ min: (\d+), max: (\d+) \}/
          : new RegExp(`\\b${part}: \\{ replicas: \\{ min: (\\d+), max: (\\d+) \\}`)
      expect(place.exec(production)?.slice(1).map(Number), part).toEqual([min, max])
      const base = read(`deployment/kubernetes/base/${part}.yaml`)
      const asked =
        part === 'data-export'
          ? /requests: \{ cpu: '(\d+)'/.exec(production)?.[1]
          : /requests:\s+cpu: (\d+)m/.exec(base)?.[1]
      expect(Number(asked) / (part === 'data-export' ? 1 : 1_000), part).toBe(cores)
    }
  })
})
