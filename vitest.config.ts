// Which tests run where: everything on SQLite in one process, then what stands on a database or a broker again on MySQL and RabbitMQ.
import { defineConfig, type TestProjectConfiguration } from 'vitest/config'
import { findMissingEngines } from './packages/platform/src/testing/engines.ts'
import { EnginesReporter } from './scripts/engines-reporter.ts'
import { LongestFirst } from './scripts/longest-first.ts'

const everything = ['{packages,services,apps}/*/test/**/*.test.ts', 'test/**/*.test.ts']
/** Suites that make no sense on one process. */
const onEnginesOnly = 'test/engines/*.test.ts'
/** Suites that make no sense on a database of one process. */
const onMysqlOnly = [
  '{services,packages}/*/test/*-instances.test.ts',
  'packages/platform/test/mysql-*.test.ts',
  'test/indexes/*.test.ts',
]
/** Suites that go through a database; of those that do, some test files, addresses or gateways at length. */
const onDatabases = [
  'services/*/test/!(large-exports|surviving-a-crash|killed-while-*|compressed-sources|packed-deliveries|parquet-sources|slow-clouds|exporting-chunk-by-chunk|callback-addresses|stripe-never-charging-twice).test.ts',
  // The cloud whose deliveries are kept in our own database.
  'services/data/test/clouds/mclass.test.ts',
  'packages/platform/test/{events-are-handled-once,timers}.test.ts',
  ...onMysqlOnly,
]
/** Suites of the whole system, whatever it runs on. */
const onTopologies = ['test/system/{every-route,killed-under-load,readme-journey}.test.ts']
const onSns = ['test/system/{every-route,readme-journey}.test.ts']
/** It waits for collectors and crashes: enough in one process and in several. */
const inOneTrace = 'test/system/one-trace.test.ts'

/** Minutes that the whole of the tests has not on two processors: faults of every kind (`npm run chaos` too), and several processes again. */
const atLength = 'test/chaos/chaos.test.ts'
const isAtLength = process.env.TEST_LONG === 'yes'
if (!isAtLength)
  process.stderr.write(
    `SKIPPED: ${atLength}, ${inOneTrace} in several processes, crashes on SNS (TEST_LONG=yes runs them)\n`,
  )

export default defineConfig(async () => {
  const missing = await findMissingEngines()
  if (process.env.WAYBILL_ENGINES === 'required' && missing.length > 0) throw new Error(missing.join('\n'))
  const engines = missing.length > 0 ? [] : [...onMysql(), ...onManyProcesses()]
  const skipped = missing.length > 0 ? { missing, patterns: enginePatterns() } : { missing, patterns: [] }
  return {
    test: {
      pool: 'forks',
      // A process runs one file after the other with what it has loaded: loading it all for each file took half of the time.
      isolate: false,
      // Most tests wait for a database or a process more than they compute: three keep two processors busy.
      maxWorkers: 3,
      sequence: { sequencer: LongestFirst },
      reporters: [
        'default',
        ['json', { outputFile: 'node_modules/.cache/test-report.json' }],
        new EnginesReporter(skipped),
      ],
      projects: [
        project('sqlite', everything, {}, [onEnginesOnly, ...onMysqlOnly, ...(isAtLength ? [] : [atLength])]),
        ...engines,
      ],
    },
  }
})

function onMysql(): TestProjectConfiguration[] {
  return [project('mysql', onDatabases, { TEST_DATABASE: 'mysql' })]
}

function onManyProcesses(): TestProjectConfiguration[] {
  return [
    // A process for each service on RabbitMQ is half of what is balanced.
    ...(isAtLength ? [project('processes', [inOneTrace], { TEST_TOPOLOGY: 'processes' })] : []),
    project('sns', isAtLength ? onTopologies : onSns, { TEST_TOPOLOGY: 'sns' }),
    project('balanced', [...onTopologies, onEnginesOnly], { TEST_TOPOLOGY: 'balanced' }),
  ]
}

function enginePatterns(): string[] {
  return [...onDatabases, ...onTopologies, ...onSns, onEnginesOnly]
}

function project(
  name: string,
  include: string[],
  env: Record<string, string>,
  exclude: string[] = [],
): TestProjectConfiguration {
  return {
    extends: true,
    test: {
      ...{ name, include, env },
      exclude: ['**/node_modules/**', ...exclude],
      globalSetup: name === 'mysql' ? ['test/engines/drop-leftovers.ts'] : [],
      // A topology is a dozen processes that start.
      testTimeout: 60_000,
      hookTimeout: 120_000,
    },
  }
}
