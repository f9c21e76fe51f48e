// `npm run bench`: takes Waybill's figures beside their floors, in one run on one machine, and says which goals are met.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { renderChart } from './chart.ts'
import { type Effort, fullEffort, quickEffort } from './effort.ts'
import { LoadGenerator } from './load/load-generator.ts'
import { describeMachine } from './machine.ts'
import { type Options, readOptions, type ScenarioName, UsageError, usage } from './options.ts'
import { renderMarkdown, renderText, renderVerdict } from './report.ts'
import { RunningProcess } from './running-process.ts'
import type { Scenario, ScenarioResult } from './scenario.ts'
import { measureAcceptingOrders } from './scenarios/accepting-orders.ts'
import { measureCrashingInClouds } from './scenarios/crashing-in-clouds.ts'
import { measureDeliveringOrders } from './scenarios/delivering-orders.ts'
import { measureExporting } from './scenarios/exporting.ts'
import { measureExportingInClouds } from './scenarios/exporting-in-clouds.ts'
import { measureGrowing } from './scenarios/growing.ts'
import { measureReading } from './scenarios/reading.ts'
import { measureRecovering } from './scenarios/recovering.ts'
import { measureStarting } from './scenarios/starting.ts'
import { measureTimeToDelivered } from './scenarios/time-to-delivered.ts'
import { findTopology } from './topologies/find-topology.ts'
import type { Topology, TopologyName } from './topologies/topology.ts'

const scenarios: Record<ScenarioName, Scenario> = {
  orders: measureAcceptingOrders,
  delivered: measureDeliveringOrders,
  time: measureTimeToDelivered,
  reads: measureReading,
  scale: measureGrowing,
  export: measureExporting,
  clouds: measureExportingInClouds,
  crash: measureCrashingInClouds,
  start: measureStarting,
  recovery: measureRecovering,
}

const documents = new URL('../../docs/', import.meta.url)
/** The page and the chart of each topology; that of the goals comes first. */
const pages: Record<TopologyName, string> = {
  engines: 'bench',
  together: 'bench-together',
  embedded: 'bench-embedded',
}
/** Above this the generator may have been the slower side. */
const busyShare = 0.9
const badUsage = 2

async function main(options: Options): Promise<void> {
  const topology = await findTopology(options.topology, say)
  const folder = mkdtempSync(join(tmpdir(), 'waybill-bench-'))
  const generator = new LoadGenerator()
  process.on('exit', () => {
    RunningProcess.killAll()
    generator.end()
    rmSync(folder, { recursive: true, force: true })
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => endEarly(topology))
  try {
    await measure(options, { topology, folder, generator })
  } finally {
    RunningProcess.killAll()
    await topology.close()
  }
}

async function measure(
  options: Options,
  { topology, folder, generator }: { topology: Topology; folder: string; generator: LoadGenerator },
): Promise<void> {
  const effort = options.quick ? quickEffort : fullEffort
  if (options.scale) effort.ordersInTables = options.scale
  const about = [...topology.words, describeMachine(folder), describeRounds(options, effort)]
  about.forEach(say)
  const results: ScenarioResult[] = []
  for (const name of options.only) {
    const place = join(folder, name)
    mkdirSync(place)
    generator.busiest = 0
    const result = await scenarios[name]({ topology, effort, generator, folder: place })
    result.notes.push(describeGenerator(generator.busiest))
    process.stdout.write(renderText(result))
    results.push(result)
    rmSync(place, { recursive: true, force: true })
  }
  say('')
  renderVerdict(results).forEach(say)
  if (options.write) writePage(topology.name, results, about)
}

function writePage(name: TopologyName, results: ScenarioResult[], about: string[]): void {
  const chart = renderChart(results, about[0]!)
  const page = pages[name]
  if (chart) writeFileSync(new URL(`${page}.svg`, documents), chart)
  const others = Object.values(pages).filter(other => other !== page && existsSync(new URL(`${other}.md`, documents)))
  const shown = { results, about, chart: chart && `${page}.svg`, others }
  writeFileSync(new URL(`${page}.md`, documents), renderMarkdown(shown))
  say('docs/scaling.md stands on these figures: npm run reference renews it')
}

/** Databases and vhosts are dropped first; a second signal does not wait for that. */
function endEarly(topology: Topology): void {
  RunningProcess.killAll()
  const exit = () => process.exit(1)
  topology.close().then(exit, exit)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, exit)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function describeRounds({ quick }: Options, { rounds, longRounds }: Effort): string {
  const quickly = quick ? '--quick: so few requests show that it runs, not how fast. ' : ''
  return `${quickly}Medians of ${rounds} rounds (large files, starts and crashes: ${longRounds}), ours and floors in turn; spread: the range of ours as a share of its median; ratio: ours by floor.`
}

function describeGenerator(busiest: number): string {
  const share = `The load generator took at most ${Math.round(busiest * 100)} % of a core`
  return busiest > busyShare ? `${share}: it may have been the slower side.` : `${share}.`
}

try {
  await main(readOptions(process.argv.slice(2)))
  process.exit()
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n${usage}\n`)
    process.exit(badUsage)
  }
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
  process.exit(1)
}
