// The MClass simulator as a program: `node services/data/simulator/mclass-simulator.ts --help`.
import { parseArgs } from 'node:util'
import { readDuration } from '@waybill/platform/config'
import { mclassDatasets } from './mclass-datasets.ts'
import { startMclassSimulator } from './start-mclass-simulator.ts'

const usage = `Serves MClass's API on 127.0.0.1, with sample data for every account.

  node services/data/simulator/mclass-simulator.ts [options]

  --port <n>              where to listen; 0 takes a free port (default 8090)
  --client-id <text>      (default waybill)
  --client-secret <text>  (default mclass-secret)
  --latency <duration>    before each answer, such as 50ms (default none)
  --failure-rate <share>  of calls that are answered 503, 0 to 1 (default 0)
  --token-lifetime <duration>  (default 10m)
  --folder <path>         serves the .ndjson, .jsonl, .json and .csv files in it instead of the samples
  --help
`

function readOptions() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8090' },
      'client-id': { type: 'string' },
      'client-secret': { type: 'string' },
      latency: { type: 'string' },
      'failure-rate': { type: 'string', default: '0' },
      'token-lifetime': { type: 'string', default: '10m' },
      folder: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('--port must be 0 to 65535')
  const failureRate = Number(values['failure-rate'])
  if (!(failureRate >= 0 && failureRate <= 1)) throw new Error('--failure-rate must be 0 to 1')
  return {
    help: values.help,
    port,
    failureRate,
    clientId: values['client-id'],
    clientSecret: values['client-secret'],
    latencyMilliseconds: values.latency === undefined ? 0 : durationOf('--latency', values.latency),
    tokenSeconds: durationOf('--token-lifetime', values['token-lifetime']) / 1_000,
    datasetsOf: mclassDatasets(values.folder),
  }
}

function durationOf(option: string, text: string): number {
  const duration = readDuration(text)
  if (duration === undefined) throw new Error(`${option} must be a number and ms, s, m, h or d, such as 50ms`)
  return duration
}

async function main(): Promise<void> {
  const options = readOptions()
  if (options.help) {
    process.stdout.write(usage)
    return
  }
  const simulator = await startMclassSimulator(options)
  process.stdout.write(`mclass ready ${simulator.url}\n`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => simulator.stop())
}

main().catch(error => {
  process.stderr.write(`${error.message}\n\n${usage}`)
  process.exitCode = 2
})
