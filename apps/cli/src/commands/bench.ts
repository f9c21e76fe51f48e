// `waybill bench`: puts load on a server and says how long its answers took.
import { defineCommand } from '../command.ts'
import { confirm } from '../confirm.ts'
import { Refusal } from '../failures.ts'
import { drawHistogram, summarize } from '../latencies.ts'
import { putLoad } from '../load.ts'
import { startProgress } from '../progress.ts'
import { wholeNumber } from '../read-number.ts'
import type { Session } from '../session.ts'

type Scenario = 'list' | 'read' | 'order' | 'deliver'

interface Options {
  scenario?: Scenario
  count?: number
  concurrency?: number
  dataset?: string
  yes?: boolean
}

const mostCalls = 100_000
const mostAtOnce = 256
const thisMachine = ['localhost', '127.0.0.1', '[::1]']

export const command = defineCommand<Options>({
  description:
    'Scenarios: list (your newest orders), read (a page of a dataset), order (place an order), deliver (place an order and wait for its end). Orders are real ones, paid with tok_approve. Asks first where the server is not on this machine.',
  options: [
    {
      flags: '--scenario <name>',
      description: 'what to call (default: list)',
      choices: ['list', 'read', 'order', 'deliver'],
    },
    {
      flags: '-n, --count <n>',
      description: 'how many calls (default: 200)',
      parse: wholeNumber('--count', 1, mostCalls),
    },
    {
      flags: '-c, --concurrency <n>',
      description: 'how many at once (default: 8)',
      parse: wholeNumber('--concurrency', 1, mostAtOnce),
    },
    { flags: '--dataset <name>', description: 'the dataset to read or order (default: airports)' },
    { flags: '-y, --yes', description: 'do not ask' },
  ],
  examples: [
    { what: 'How quick are reads?', line: 'waybill bench --scenario read --count 100 --concurrency 4' },
    { what: 'From an order to its delivery', line: 'waybill bench --scenario deliver --count 20 --concurrency 4' },
  ],
  async run({ options, terminal, session }) {
    const { scenario = 'list', count = 200, concurrency = 8, dataset = 'airports' } = options
    const { hostname } = new URL(session.server)
    if (!thisMachine.includes(hostname) && !options.yes) {
      const question = `Put ${count} calls, ${concurrency} at once, on ${session.server}?`
      const correct = `waybill bench --scenario ${scenario} --count ${count} --concurrency ${concurrency} --yes`
      if (!(await confirm(question, correct))) throw new Refusal('NOT_CONFIRMED', 'Nothing was done', 'not confirmed')
    }
    const call = callOf(scenario, session, dataset)
    // Whatever is wrong for all of them is told before there is any load.
    await session.client.me.details()
    const progress = await startProgress(terminal, () => {})
    const from = performance.now()
    const result = await putLoad(call, {
      count,
      concurrency,
      onProgress(done) {
        const etaSeconds = Math.ceil((((performance.now() - from) / done) * (count - done)) / 1_000)
        progress.show({ percentage: Math.floor((100 * done) / count), text: `${done} of ${count}`, etaSeconds })
      },
    }).finally(() => progress.end())

    const succeeded = result.latencies.length
    const { p50, p90, p99, longest } = summarize(result.latencies)
    const perSecond = succeeded / result.seconds
    const report = { scenario, count, concurrency, succeeded, failures: result.failures, seconds: result.seconds }
    const latency_ms = { p50, p90, p99, longest }
    await terminal.result({ ...report, per_second: perSecond, latency_ms }, () => [
      `${scenario}: ${succeeded} of ${count} succeeded in ${result.seconds.toFixed(2)} s, ${perSecond.toFixed(1)}/s, ${concurrency} at once`,
      ...Object.entries(result.failures).map(([code, failed]) => `  ${failed} ended with ${code}`),
      `p50 ${p50.toFixed(1)} ms   p90 ${p90.toFixed(1)} ms   p99 ${p99.toFixed(1)} ms   longest ${longest.toFixed(1)} ms`,
      ...drawHistogram(result.latencies),
    ])
    if (succeeded < count) {
      throw new Refusal('CALLS_FAILED', 'Some calls failed', `${count - succeeded} of ${count}`, { isTold: true })
    }
  },
})

function callOf(scenario: Scenario, { impatientClient: client }: Session, dataset: string): () => Promise<void> {
  const place = () => client.orders.place({ items: [{ dataset }], payment: { token: 'tok_approve' } })
  const calls: Record<Scenario, () => Promise<unknown>> = {
    list: () => client.orders.list({ limit: 20 }).page(),
    read: () => client.data.records(dataset, { limit: 20 }).page(),
    order: place,
    deliver: async () => (await place()).finished(),
  }
  return async () => {
    await calls[scenario]()
  }
}
