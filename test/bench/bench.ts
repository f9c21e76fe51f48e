// `npm run bench`: takes Waybill's figures beside their floors, in one run on one machine, and says which goals are met.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LoadGenerator } from './load/load-generator.ts'
import { describeMachine } from './machine.ts'
import { type Options, readOptions, type ScenarioName, UsageError, usage } from './options.ts'
import { renderMarkdown, renderText } from './report.ts'
import { RunningProcess } from './running-process.ts'
import { fullScale, quickScale } from './scale.ts'
import type { Scenario, ScenarioResult } from './scenario.ts'
import { measureAcceptingOrders } from './scenarios/accepting-orders.ts'
import { measureDeliveringOrders } from './scenarios/delivering-orders.ts'
import { measureExporting } from './scenarios/exporting.ts'
import { measureReading } from './scenarios/reading.ts'
import { measureRecovering } from './scenarios/recovering.ts'
import { measureStarting } from './scenarios/starting.ts'
import { measureTimeToDelivered } from './scenarios/time-to-delivered.ts'

const scenarios: Record<ScenarioName, Scenario> = {
  orders: measureAcceptingOrders,
  delivered: measureDeliveringOrders,
  time: measureTimeToDelivered,
  reads: measureReading,
  export: measureExporting,
  start: measureStarting,
  recovery: measureRecovering,
}

const document = new URL('../../docs/bench.md', import.meta.url)
/** Above this the generator may have been the slower side. */
const busyShare = 0.9
const badUsage = 2

async function main(options: Options): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-bench-'))
  const generator = new LoadGenerator()
  const cleanUp = () => {
    RunningProcess.killAll()
    generator.end()
    rmSync(folder, { recursive: true, force: true })
  }
  process.on('exit', cleanUp)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1))

  const scale = options.quick ? quickScale : fullScale
  const about = [describeMachine(folder), describeRounds(options)]
  process.stdout.write(`${about.join('\n')}\n`)
  const results: ScenarioResult[] = []
  for (const name of options.only) {
    const place = join(folder, name)
    mkdirSync(place)
    generator.busiest = 0
    const result = await scenarios[name]({ scale, generator, folder: place })
    result.notes.push(describeGenerator(generator.busiest))
    process.stdout.write(renderText(result))
    results.push(result)
    rmSync(place, { recursive: true, force: true })
  }
  if (options.write) {
    mkdirSync(new URL('.', document), { recursive: true })
    writeFileSync(document, renderMarkdown(results, about))
  }
  process.exit()
}

function describeRounds({ quick }: Options): string {
  const { rounds, longRounds } = quick ? quickScale : fullScale
  const quickly = quick ? '--quick: so few requests show that it runs, not how fast. ' : ''
  return `${quickly}Medians of ${rounds} rounds (large files, starts and crashes: ${longRounds}), ours and floors in turn; spread: the range of ours as a share of its median; ratio: ours by floor.`
}

function describeGenerator(busiest: number): string {
  const share = `The load generator took at most ${Math.round(busiest * 100)} % of a core`
  return busiest > busyShare ? `${share}: it may have been the slower side.` : `${share}.`
}

try {
  await main(readOptions(process.argv.slice(2)))
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n${usage}\n`)
    process.exit(badUsage)
  }
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
  process.exit(1)
}
