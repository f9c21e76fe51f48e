// Says at the end of a test run, where nobody can miss it, what was not tested because an engine did not answer.
import { globSync } from 'node:fs'
import type { Reporter } from 'vitest/reporters'

export interface SkippedSuites {
  /** A line for each engine that does not answer. */
  readonly missing: string[]
  /** Patterns of the suites that would have run. */
  readonly patterns: string[]
}

export class EnginesReporter implements Reporter {
  readonly #skipped: SkippedSuites

  constructor(skipped: SkippedSuites) {
    this.#skipped = skipped
  }

  onTestRunEnd(): void {
    const { missing, patterns } = this.#skipped
    if (missing.length === 0) return
    const suites = patterns.flatMap(pattern => globSync(pattern)).length
    const rule = '!'.repeat(100)
    const lines = [
      ...missing,
      `${suites} suites did NOT run: the services on MySQL, the whole system on MySQL and RabbitMQ.`,
      'npm run engines installs and starts both; WAYBILL_ENGINES=required makes this a failure.',
    ]
    process.stderr.write(`\n${rule}\n${lines.map(line => `!!! ${line}`).join('\n')}\n${rule}\n`)
  }
}
