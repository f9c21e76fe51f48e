// `npm run chaos`: breaks everything that can break, by a seed, and ends with the verdict.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { leaveNothingBehind } from './left-behind.ts'
import { readOptions, UsageError, usage } from './options.ts'
import { type Result, runChaos } from './run.ts'

const print = (line: string) => process.stdout.write(`${line}\n`)

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2))
  const folder = mkdtempSync(join(tmpdir(), 'waybill-chaos-'))
  print(`the journal and all logs: ${folder}`)
  const result = await runChaos(options, { folder, print, stopped: stopped.signal })
  report(result, options.movingWithin)
  const isClean = result.violations.length === 0
  if (isClean && !options.keep) rmSync(folder, { recursive: true, force: true })
  else print(`\nthe journal and all logs: ${folder}`)
  const others = process.argv.slice(2).filter((word, at, words) => word !== '--seed' && words[at - 1] !== '--seed')
  print(`again: npm run chaos -- ${['--seed', options.seed, ...others].join(' ')}`)
  return isClean ? 0 : 1
}

function report({ outcome, violations, coverage, recoveries, leftOut }: Result, movingWithin: number): void {
  print('\nprocesses were killed while an order stood at')
  for (const [name, times] of coverage) print(`  ${String(times).padStart(4)} ${times === 0 ? '(never) ' : ''}${name}`)
  for (const [kind, why] of leftOut) print(`left out: ${kind}: ${why}`)
  if (recoveries.length > 0) {
    const sorted = recoveries.map(Math.round).sort((a, b) => a - b)
    const middle = sorted[Math.floor(sorted.length / 2)]
    print(
      `moving again after a restart: ${sorted.length} times, middle ${middle} ms, worst ${sorted.at(-1)} ms of ${movingWithin} ms`,
    )
  }
  const { orders, delivered, cancelled, secondsToSettle } = outcome
  print(
    `${orders} orders: ${delivered} delivered, ${cancelled} cancelled, the last settled ${secondsToSettle.toFixed(1)} s after the last fault`,
  )
  for (const { rule, detail } of violations) print(`VIOLATION ${rule}: ${detail}`)
  print(
    violations.length === 0 ? 'nothing lost, nothing charged twice, nothing stuck' : `${violations.length} violations`,
  )
}

process.once('exit', leaveNothingBehind)
const stopped = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort())

main().then(
  code => process.exit(code),
  error => {
    process.stderr.write(error instanceof UsageError ? `${error.message}\n${usage}\n` : `${error.stack}\n`)
    process.exit(error instanceof UsageError ? 2 : 1)
  },
)
