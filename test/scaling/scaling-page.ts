// Fills the tables of docs/scaling.md from what was measured and simulated: the words around them are written by hand.
import { readFileSync } from 'node:fs'
import { type StageName, stageNames } from '../../deployment/aws/src/stages.ts'
import { type BenchFigures, readBenchFigures } from './bench-figures.ts'
import { plannedDay } from './days-load.ts'
import type { MeasuredOrder } from './measure-order.ts'
import {
  circumstances,
  delivering,
  dollarsOf,
  dollarsOfInstances,
  foundDeadAfterSeconds,
  keepsUp,
  longestWaitAllowed,
  simulateGroups,
  simulateParts,
  waitAfterFailure,
  withAtLeast,
} from './planned-days.ts'
import { type Price, prices, pricesAsOf } from './prices.ts'
import { drawScaling } from './scaling-picture.ts'
import { productionRules } from './scaling-rules.ts'
import { type SimulatedDay, worstHour } from './simulation.ts'
import { trackedGroups } from './target-tracking.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

export const readFigures = () => readBenchFigures(read('../../docs/bench.md'))
export const readMeasuredOrder = () => JSON.parse(read('measured-order.json')) as MeasuredOrder

export const makeScalingPicture = () => drawScaling(simulateParts(readFigures()), 'Processes')
/** Of the stage prod. */
export const makeAwsScalingPicture = () =>
  drawScaling(simulateGroups(readFigures(), trackedGroups('prod')), 'Instances')

/** Between `<!-- made: name -->` and `<!-- end -->` stands what is made. Throws where the page lacks a place, or has one too many. */
export function fillScalingPage(page: string): string {
  const figures = readFigures()
  const days = simulateParts(figures)
  const stages = stageNames.map(stage => ({ stage, days: simulateGroups(figures, trackedGroups(stage)) }))
  const tables: Record<string, string> = {
    capacity: capacityTable(figures),
    growth: growthTable(figures),
    cost: costTable(figures, readMeasuredOrder(), days),
    prices: priceTable(),
    rules: rulesTable(),
    day: dayTable(days),
    questions: answers(figures, days),
    groups: groupsTable(),
    stages: stagesTable(stages),
    awsquestions: awsAnswers(figures, stages),
  }
  const filled = new Set<string>()
  const made = page.replace(/(<!-- made: ([a-z]+) -->\n).*?(<!-- end -->)/gs, (_, begin, name: string, end) => {
    const table = tables[name]
    if (table === undefined) throw new Error(`docs/scaling.md: nothing is made by the name ${name}`)
    filled.add(name)
    return `${begin}\n${table}\n\n${end}`
  })
  const missing = Object.keys(tables).filter(name => !filled.has(name))
  if (missing.length > 0) throw new Error(`docs/scaling.md has no place for ${missing.join(', ')}`)
  return made
}

const table = (heads: string[], rows: string[][]) =>
  [heads, heads.map((_, at) => (at === 0 ? '---' : '---:')), ...rows]
    .map(cells => `| ${cells.join(' | ')} |`)
    .join('\n')
const whole = (value: number) => Math.round(value).toLocaleString('en')
const dollars = (value: number) => `${value.toFixed(2)} $`
const seconds = (value: number) => `${value.toFixed(1)} s`

function capacityTable(figures: BenchFigures): string {
  const rows: [string, string][] = [
    ['order service', '– of it order, 3400 rows'],
    ['payment service', '– of it payment, 3400 rows'],
    ['data service, its exports included', '– of it data, 3400 rows'],
    ['user service', '– of it user, 3400 rows'],
    ['MySQL, all four databases', 'CPU of MySQL an order, 3400 rows'],
    ['RabbitMQ', 'CPU of RabbitMQ an order, 3400 rows'],
    ['all of it on one core', 'CPU an order, engines too, 3400 rows'],
  ]
  return [
    `Measured on: ${figures.about}`,
    '',
    table(
      ['one core of', 'CPU an order', 'orders a second, at most'],
      rows.map(([what, row]) => [
        what,
        figures.printed(delivering, row),
        whole(1_000 / figures.value(delivering, row)),
      ]),
    ),
    '',
    table(
      ['what the whole machine did, engines and all', 'measured'],
      [
        ['delivered, 32 at once, 3,400 rows each', figures.printed(delivering, 'delivered, 3400 rows')],
        [
          'accepted, 64 at once, order service and engines alone',
          figures.printed('POST /user/order, 64 at once', 'accepted, order service alone'),
        ],
        [
          'the same with a million orders in the tables, all running',
          figures.printed('With more and more orders in the tables', 'accepted, 64 at once, 1,000,000 orders'),
        ],
        ['`GET /process/:id`', figures.printed('Reads, 16 at once', 'GET /process/:id')],
        ['`GET /data`, a page of 20', figures.printed('Reads, 16 at once', 'GET /data, a page of 20')],
        ['CSV to NDJSON, of one export', figures.printed('Exports on LOCAL', 'CSV to NDJSON, 200 MB')],
      ],
    ),
  ].join('\n')
}

function growthTable(figures: BenchFigures): string {
  const section = 'With more and more orders in the tables'
  const sizes = ['1,000 orders', '100,000 orders', '1,000,000 orders']
  const rows = [
    'accepted, 64 at once',
    'delivered, 32 at once',
    'GET /order/:id, any',
    'GET /orders?limit=20',
    'audit of 200 orders',
  ]
  return table(
    ['with so many orders in the tables', ...sizes],
    rows.map(row => [row, ...sizes.map(orders => figures.printed(section, `${row}, ${orders}`))]),
  )
}

const million = 1e6
const gigabyte = 1e9
const weekOfMonth = 7 / 30.4
/** Assumed: engines are sized for the peak, and half idle over the day. */
const enginesUsed = 0.5
/** Received and deleted. */
const requestsHandled = 2

function costTable(figures: BenchFigures, order: MeasuredOrder, days: SimulatedDay[]): string {
  const of = (row: string) => figures.value(delivering, row)
  const used =
    days.reduce((sum, day) => sum + day.usedShare * day.coreHours, 0) /
    days.reduce((sum, day) => sum + day.coreHours, 0)
  const coreHours = (milliseconds: number) => (milliseconds / 1_000 / 3_600) * million
  const services = coreHours(of('CPU an order, 3400 rows'))
  const engines = coreHours(of('CPU of MySQL an order, 3400 rows') + of('CPU of RabbitMQ an order, 3400 rows'))
  const kept = (order.keptBytes * million) / gigabyte
  const passing = (order.passingBytes * million) / gigabyte
  const requests = order.published + requestsHandled * order.handled
  const { coreHour, gigabyteMonth, millionRequests } = prices
  return [
    table(
      ['for a million orders', 'how much', 'comes to'],
      [
        [
          `CPU of the services, ${Math.round(used * 100)} % used as in the day below`,
          `${services.toFixed(1)} core-hours`,
          dollars((services / used) * coreHour.dollars),
        ],
        [
          `CPU of MySQL and RabbitMQ, ${enginesUsed * 100} % used`,
          `${engines.toFixed(1)} core-hours`,
          dollars((engines / enginesUsed) * coreHour.dollars),
        ],
        [
          'tables and indexes that keep them',
          `${kept.toFixed(1)} GB`,
          `${dollars(kept * gigabyteMonth.dollars)} a month, for ever`,
        ],
        [
          'tables that forget them after a week',
          `${passing.toFixed(1)} GB`,
          `${dollars(passing * weekOfMonth * gigabyteMonth.dollars)} once`,
        ],
        [
          'with SNS and SQS: publishes, receives and deletes, one by one',
          `${requests.toFixed(1)} million`,
          `${dollars(requests * millionRequests.dollars)} at most`,
        ],
      ],
    ),
    '',
    `An order publishes ${order.published} events, which reach ${order.handled} handlers, and leaves ${whole(order.keptBytes)} bytes (and ${whole(order.passingBytes)} for a week) in ${order.engine}: measured over ${whole(order.seeded)} delivered orders on ${order.at.slice(0, 10)} by \`node test/scaling/measure-order.ts\`.`,
  ].join('\n')
}

function priceTable(): string {
  const all: Price[] = Object.values(prices)
  return table(
    [`assumed, ${pricesAsOf}`, 'for a', '$', 'from'],
    all.map(({ what, per, dollars, source }) => [
      what,
      per,
      String(dollars),
      `[${new URL(source).hostname.replace(/^www\./, '')}](${source})`,
    ]),
  )
}

function rulesTable(): string {
  return table(
    ['part', 'processes', 'cores each', 'CPU', 'also by'],
    productionRules.map(({ part, min, max, cores, targetUtilization, messagesEach, lateSeconds }) => [
      part,
      `${min}–${max}`,
      String(cores),
      `${targetUtilization * 100} %`,
      messagesEach === undefined ? `work that begins ${lateSeconds} s late` : `${messagesEach} messages each`,
    ]),
  )
}

function dayTable(days: SimulatedDay[]): string {
  const { peak, burst } = plannedDay
  return [
    `${whole(days[0]!.orders)} orders; ${peak} a second at the height of the day, ${burst.times} times the curve for ${burst.minutes} minutes at ${burst.atHour}:00; at ${plannedDay.failureAtHour}:00 a process of each part fails. A new process serves after ${circumstances.startSeconds} s.`,
    '',
    table(
      ['part', 'most processes', 'process-hours', 'used', '99 % of orders wait at most', 'longest wait', 'at'],
      days.map(day => [day.rule.part, ...outcomeOf(day)]),
    ),
    '',
    `The processes of the day: ${dollars(dollarsOf(days))}.`,
  ].join('\n')
}

function clockOf(hour: number): string {
  const minutes = Math.round(hour * 60)
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`
}

function answers(figures: BenchFigures, days: SimulatedDay[]): string {
  const longest = (of: SimulatedDay[]) => Math.max(...of.map(({ longestWait }) => longestWait))
  const oneMore = simulateParts(
    figures,
    productionRules.map(rule => ({ ...rule, min: rule.min + 1 })),
  )
  const steady = simulateParts(
    figures,
    productionRules.map(rule => ({ ...rule, min: rule.max })),
  )
  const difference = (other: SimulatedDay[]) => dollars(dollarsOf(other) - dollarsOf(days))
  const verdict = days.every(keepsUp) ? 'Yes' : `No: ${days.filter(day => !keepsUp(day)).map(({ rule }) => rule.part)}`
  return [
    `- **Do the rules keep waiting under ${longestWaitAllowed} s?** ${verdict}: ${seconds(longest(days))} at the worst, in the first minutes of the burst.`,
    `- **What does a process that fails do?** Orders wait up to ${seconds(Math.max(...days.map(day => waitAfterFailure(day))))}: the target of 70 % is the room that it leaves.`,
    `- **What does one more process of each part cost, at the least number?** ${difference(oneMore)} a day; the longest wait is then ${seconds(longest(oneMore))}.`,
    `- **What does the scaling save?** Always the greatest number costs ${difference(steady)} a day more; the longest wait is then ${seconds(longest(steady))}.`,
  ].join('\n')
}

function groupsTable(): string {
  const rows = stageNames.map(stage => {
    const groups = trackedGroups(stage)
    const [{ machine, cores, target, warmUpSeconds }] = groups as [(typeof groups)[0]]
    const counts = groups.map(({ min, max }) => `${min}–${max}`)
    return [stage, `${machine}, ${cores}`, ...counts, `${Math.round(target * 100)} %`, `${warmUpSeconds} s`]
  })
  const names = trackedGroups('prod').map(({ part }) => part)
  return table(['stage', 'instances, vCPUs each', ...names, 'CPU', 'warm-up'], rows)
}

interface StageDays {
  stage: StageName
  days: SimulatedDay[]
}

/** What the rules made of a day, as both tables have it. */
function outcomeOf(day: SimulatedDay): string[] {
  return [
    String(day.mostProcesses),
    whole(day.processHours),
    `${Math.round(day.usedShare * 100)} %`,
    seconds(day.p99Wait),
    seconds(day.longestWait),
    day.longestWait === 0 ? '–' : clockOf(worstHour(day)),
  ]
}

function stagesTable(stages: StageDays[]): string {
  const rows = stages.flatMap(({ stage, days }) => days.map(day => [`${stage}, ${day.rule.part}`, ...outcomeOf(day)]))
  const heads = [
    'group',
    'most instances',
    'instance-hours',
    'used',
    '99 % of orders wait at most',
    'longest wait',
    'at',
  ]
  const costs = stages.map(
    ({ stage, days }) => `${stage} ${dollars(dollarsOfInstances(days, trackedGroups(stage)[0]!.machine))}`,
  )
  return [table(heads, rows), '', `The instances of the day: ${costs.join(', ')}.`].join('\n')
}

function awsAnswers(figures: BenchFigures, stages: StageDays[]): string {
  const longest = (days: SimulatedDay[]) => Math.max(...days.map(({ longestWait }) => longestWait))
  const { days } = stages.find(({ stage }) => stage === 'prod')!
  const calm = { ...plannedDay, failureAtHour: 25 }
  const withoutFailure = simulateGroups(figures, trackedGroups('prod'), calm)
  const two = simulateGroups(figures, withAtLeast(2, 'prod'))
  const { machine } = trackedGroups('prod')[0]!
  const more = dollarsOfInstances(two, machine) - dollarsOfInstances(days, machine)
  const verdict = withoutFailure.every(keepsUp) ? 'Yes' : 'No'
  return [
    `- **Do the rules of prod keep waiting under ${longestWaitAllowed} s, where nothing fails?** ${verdict}: ${seconds(longest(withoutFailure))} at the worst. The alarm takes three minutes and the instance two.`,
    `- **What does an instance that fails do?** Orders wait up to ${seconds(Math.max(...days.map(day => waitAfterFailure(day))))} where it was the only one of its service, and calls to that service fail meanwhile; it is found dead after ${foundDeadAfterSeconds} s and replaced.`,
    `- **What does a second instance of each service cost, at the least number?** ${dollars(more)} a day; the longest wait is then ${seconds(longest(two))}, failure and burst included.`,
  ].join('\n')
}
