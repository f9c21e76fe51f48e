// Every alert fires on what it is there for, after its time and not before, and a healthy installation is left alone.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { call } from '@waybill/platform/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { password, signIn } from '../system/customer.ts'
import { newHome, type RunningServer, runServer } from '../system/running-server.ts'
import { type Figures, growing, healthyFigures, series, steady } from './a-healthy-installation.ts'

const run = promisify(execFile)
const root = new URL('../../', import.meta.url)
const rules = fileURLToPath(new URL('deployment/prometheus/alerts.yaml', root))
const config = fileURLToPath(new URL('deployment/prometheus/prometheus.yaml', root))

interface Case {
  alert: string
  when: string
  /** The series that are not as they should be. */
  figures: (samples: number) => Figures
  labels?: Record<string, string>
  severity: 'page' | 'ticket'
  summary: string
  /** Minutes until it fires, and a moment (default: half of that) when it does not yet. */
  after: number
  notAt?: number
  /** Alerts that the same trouble sets off too. */
  besides?: string[]
}

const orders = 'service="order", method="POST", route="/user/order"'
const requests = (suffix: string, labels: string) =>
  series(`waybill_http_request_duration_seconds_${suffix}`, 'a', `${orders}, ${labels}`)

const cases: Case[] = [
  {
    alert: 'WaybillDeadLetters',
    when: 'both instances report the same three dead letters',
    figures: samples => ({
      [series('waybill_dead_letters', 'a', 'service="order"')]: steady(3, samples),
      [series('waybill_dead_letters', 'b', 'service="order"')]: steady(3, samples),
    }),
    labels: { service: 'order' },
    severity: 'page',
    summary: '3 messages of the order service wait for a person',
    after: 1.5,
  },
  {
    alert: 'WaybillOutboxOld',
    when: 'a fact waits for the broker and grows old',
    figures: samples => ({
      [series('waybill_outbox_oldest_seconds', 'a', 'service="payment"')]: growing(15, samples),
      [series('waybill_outbox_oldest_seconds', 'b', 'service="payment"')]: growing(15, samples),
    }),
    labels: { service: 'payment' },
    severity: 'page',
    summary: 'facts of the payment service have not reached the broker for 3m 0s',
    after: 3,
  },
  {
    alert: 'WaybillOrdersStuck',
    when: 'an order outlives its window',
    figures: samples => ({ [series('waybill_orders_stuck', 'a', 'state="confirmed"')]: steady(1, samples) }),
    labels: { state: 'confirmed' },
    severity: 'page',
    summary: '1 orders are still confirmed though their time is over',
    after: 2.5,
  },
  {
    alert: 'WaybillPaymentsUnknown',
    when: 'a gateway keeps an answer to itself for a quarter of an hour',
    figures: samples => ({ [series('waybill_payments_unknown_oldest_seconds', 'b')]: growing(15, samples) }),
    severity: 'page',
    summary: 'a gateway has not said for 18m 0s whether money was moved',
    after: 18,
    notAt: 15,
  },
  {
    alert: 'WaybillManyPaymentsUnknown',
    when: 'a gateway loses many answers',
    figures: samples => ({ [series('waybill_payments_unknown', 'a')]: steady(21, samples) }),
    severity: 'page',
    summary: 'of 21 payments nobody knows whether money was moved: a gateway loses its answers',
    after: 2.5,
  },
  {
    alert: 'WaybillWorkLate',
    when: 'due work finds nobody to do it',
    figures: samples => ({
      [series('waybill_timers_late_seconds', 'a', 'service="data", kind="run-export"')]: growing(15, samples),
    }),
    labels: { service: 'data', kind: 'run-export' },
    severity: 'page',
    summary: 'work of the kind run-export in the data service waits for 4m 0s',
    after: 4,
  },
  {
    alert: 'WaybillMessagesRetried',
    when: 'messages fail again and again',
    figures: samples => ({ [series('waybill_messages_retried', 'a', 'service="data"')]: steady(4, samples) }),
    labels: { service: 'data' },
    severity: 'ticket',
    summary: '4 messages of the data service fail and are tried again; soon they are dead letters',
    after: 2.5,
  },
  {
    alert: 'WaybillAuditViolations',
    when: 'the latest audit found something',
    figures: samples => ({
      [series('waybill_audit_violations', 'b', 'rule="captured_twice"')]: steady(2, samples),
      [series('waybill_audit_finished_timestamp_seconds', 'b')]: steady(60, samples),
    }),
    labels: { rule: 'captured_twice' },
    severity: 'page',
    summary: 'the money audit found 2 violations of the rule captured_twice',
    after: 1,
    // It fires at once.
    notAt: -1,
  },
  {
    alert: 'WaybillAuditMissing',
    when: 'nobody has audited for more than a day',
    figures: samples => ({ [series('waybill_audit_finished_timestamp_seconds', 'a')]: `0 _x${samples}` }),
    severity: 'ticket',
    summary: 'no money audit has ended for more than a day',
    after: 28 * 60,
    notAt: 26 * 60,
  },
  {
    alert: 'WaybillProcessDown',
    when: 'an instance does not answer',
    figures: samples => ({ 'up{instance="a", job="waybill"}': steady(0, samples) }),
    labels: { instance: 'a', job: 'waybill' },
    severity: 'page',
    summary: 'a does not answer',
    after: 1.5,
  },
  {
    alert: 'WaybillBrokerAway',
    when: 'one instance has lost the broker',
    figures: samples => ({ [series('waybill_broker_connected', 'b')]: steady(0, samples) }),
    labels: { instance: 'b' },
    severity: 'page',
    summary: 'b has no connection to the broker',
    after: 1.5,
  },
  {
    alert: 'WaybillBrokerBlocked',
    when: 'the broker runs out of disk',
    figures: samples => ({ [series('waybill_broker_blocked', 'a')]: steady(1, samples) }),
    severity: 'page',
    summary: 'the broker takes no messages: it is short of memory or disk',
    after: 1.5,
  },
  {
    alert: 'WaybillGaugesUnread',
    when: 'a database does not answer its own process',
    figures: samples => ({
      [series('waybill_gauges_unread_total', 'a', 'gauge="waybill_outbox_waiting"')]: growing(1, samples),
    }),
    labels: { instance: 'a' },
    severity: 'page',
    summary: 'a cannot read its own figures: its database does not answer in time',
    after: 8,
    notAt: 1,
  },
  {
    alert: 'WaybillErrors',
    when: 'a tenth of the requests of one instance fail',
    figures: samples => ({
      [requests('count', 'status="202"')]: growing(900, samples),
      [requests('count', 'status="500"')]: growing(400, samples),
    }),
    labels: { service: 'order' },
    severity: 'page',
    summary: '8.715% of the requests to the order service fail',
    after: 3,
    notAt: 1,
  },
  {
    alert: 'WaybillFewErrors',
    when: 'one request in fifty fails for long',
    figures: samples => ({ [requests('count', 'status="503"')]: growing(100, samples) }),
    labels: { service: 'order' },
    severity: 'ticket',
    summary: '2.081% of the requests to the order service fail, for a quarter of an hour',
    after: 16,
    notAt: 12,
  },
  {
    alert: 'WaybillOrdersSlow',
    when: 'one order in twenty takes seconds',
    figures: samples => ({
      [requests('bucket', 'status="202", le="0.05"')]: growing(1_350, samples),
      [series('waybill_http_request_duration_seconds_bucket', 'b', `${orders}, status="202", le="0.05"`)]: growing(
        1_350,
        samples,
      ),
    }),
    severity: 'ticket',
    summary: 'one in a hundred orders takes longer than 2.255s to be accepted',
    after: 6,
  },
  {
    alert: 'WaybillEventLoopBusy',
    when: 'a process is at the end of its core',
    figures: samples => ({ [series('waybill_nodejs_eventloop_utilization', 'a')]: steady(0.95, samples) }),
    labels: { instance: 'a' },
    severity: 'ticket',
    summary: 'a is busy 95% of the time: it is at the end of its core',
    after: 6,
  },
  {
    alert: 'WaybillEventLoopBlocked',
    when: 'something blocks a process',
    figures: samples => ({ [series('waybill_nodejs_eventloop_lag_p99_seconds', 'a')]: steady(0.75, samples) }),
    labels: { instance: 'a' },
    severity: 'ticket',
    summary: 'something holds up everything else in a for 750ms at a time',
    after: 6,
  },
  {
    alert: 'WaybillConnectionsExhausted',
    when: 'callers wait for a connection all the time',
    figures: samples => ({
      // Nobody waited in the first minutes.
      [series('waybill_database_connections', 'a', 'service="order", state="waiting"')]: `0x12 7x${samples}`,
    }),
    labels: { instance: 'a', service: 'order' },
    severity: 'ticket',
    summary: 'every connection of a to the database of the order service is taken, and callers wait',
    after: 9,
    notAt: 6,
  },
  {
    alert: 'WaybillMemoryShort',
    when: 'a process fills its container',
    figures: samples => ({ [series('waybill_process_resident_memory_bytes', 'b')]: steady(0.95e9, samples) }),
    labels: { instance: 'b' },
    severity: 'page',
    summary: 'b uses 95% of the memory that it may use',
    after: 6,
  },
  {
    alert: 'WaybillHeapShort',
    when: 'a heap nears its limit',
    figures: samples => ({ [series('waybill_nodejs_heap_size_used_bytes', 'b')]: steady(0.45e9, samples) }),
    labels: { instance: 'b' },
    severity: 'page',
    summary: 'the heap of b is 90% full; at 100 % the process ends',
    after: 6,
  },
  {
    alert: 'WaybillFilesShort',
    when: 'a process has nearly all the files open that it may',
    figures: samples => ({ [series('waybill_process_open_fds', 'a')]: steady(896, samples) }),
    labels: { instance: 'a' },
    severity: 'ticket',
    summary: 'a has 87.5% of the files and sockets open that it may open',
    after: 6,
  },
]

const isInstalled = (process.env.PATH ?? '').split(delimiter).some(folder => existsSync(join(folder, 'promtool')))
if (!isInstalled) {
  process.stderr.write(
    'SKIPPED: the alert rules were not tested, promtool is not installed (npm run engines installs it)\n',
  )
}

let home: Awaited<ReturnType<typeof newHome>>
beforeAll(async () => {
  home = await newHome()
})
afterAll(() => home.remove())

async function promtool(...options: string[]): Promise<string> {
  try {
    return (await run('promtool', options)).stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`promtool ${options.join(' ')} refuses:\n${stdout}${stderr}`)
  }
}

interface Moment {
  minutes: number
  /** All that fires then. */
  firing: string[]
  expected?: { alert: string; labels: Record<string, string>; summary: string }
}

/** One story of figures, and what fires in it when, as promtool's unit tests have it (its YAML takes JSON). */
async function expectAlerts(name: string, figures: Figures, interval: string, moments: Moment[]): Promise<void> {
  const file = join(home.home, `${name}.json`)
  const document = {
    rule_files: [rules],
    evaluation_interval: interval,
    tests: [
      {
        interval,
        input_series: Object.entries(figures).map(([of, values]) => ({ series: of, values })),
        alert_rule_test: moments.flatMap(({ minutes, expected }) => (expected ? [asRuleTest(minutes, expected)] : [])),
        promql_expr_test: moments.map(({ minutes, firing }) => ({
          eval_time: `${minutes * 60}s`,
          expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
          exp_samples: firing.map(alert => ({ labels: `{alertname="${alert}"}`, value: 1 })),
        })),
      },
    ],
  }
  await writeFile(file, JSON.stringify(document))
  await promtool('test', 'rules', file)
}

function asRuleTest(minutes: number, { alert, labels, summary }: NonNullable<Moment['expected']>) {
  return {
    eval_time: `${minutes * 60}s`,
    alertname: alert,
    exp_alerts: [
      { exp_labels: labels, exp_annotations: { summary, runbook: `docs/operating.md#${alert.toLowerCase()}` } },
    ],
  }
}

const alertNames = async () => [...(await readFile(rules, 'utf8')).matchAll(/- alert: (\w+)/g)].map(([, name]) => name!)

describe.skipIf(!isInstalled)('the alert rules', () => {
  test('the rules and the example configuration are what Prometheus understands', async () => {
    expect(await promtool('check', 'rules', rules)).toContain('SUCCESS')
    expect(await promtool('check', 'config', config)).toContain('SUCCESS')
  })

  test('nothing fires on a healthy installation', async () => {
    const moments = [5, 30, 90].map(minutes => ({ minutes, firing: [] }))
    await expectAlerts('healthy', healthyFigures(400), '15s', moments)
  })

  test.each(cases)('$alert fires when $when', async each => {
    const { alert, figures, labels = {}, severity, summary, after, notAt = after / 2, besides = [] } = each
    const interval = after > 60 ? 300 : 15
    const samples = Math.ceil((after * 60) / interval) + 10
    const all = { ...healthyFigures(samples), ...figures(samples) }
    // The audit of the other instance is no newer than the one that is missing here.
    if (alert === 'WaybillAuditMissing') delete all[series('waybill_audit_finished_timestamp_seconds', 'b')]
    const expected = { alert, labels: { ...labels, severity }, summary }
    const before = notAt < 0 ? [] : [{ minutes: notAt, firing: [] }]
    await expectAlerts(alert, all, `${interval}s`, [
      ...before,
      { minutes: after, firing: [alert, ...besides].sort(), expected },
    ])
  })

  test('an older audit of another instance does not hide what the latest found, nor ring for what it no longer finds', async () => {
    const figures = healthyFigures(40)
    figures[series('waybill_audit_violations', 'a', 'rule="captured_twice"')] = steady(5, 40)
    figures[series('waybill_audit_finished_timestamp_seconds', 'a')] = steady(10, 40)
    figures[series('waybill_audit_finished_timestamp_seconds', 'b')] = steady(20, 40)
    await expectAlerts('older-audit', figures, '15s', [{ minutes: 5, firing: [] }])
  })

  test('every alert has a story in which it fires', async () => {
    expect(cases.map(({ alert }) => alert).sort()).toEqual((await alertNames()).sort())
  })
})

describe('what the alert rules speak of', () => {
  let server: RunningServer
  let metrics: string
  let paths: Set<string>

  beforeAll(async () => {
    // A broker that is not there: its gauges are, and they are read like all others.
    const operator = { OPERATOR_EMAIL: 'operator@example.com', OPERATOR_PASSWORD: password }
    server = await runServer(home.home, {
      ...operator,
      BROKER_URL: 'amqp://guest:guest@127.0.0.1:9',
      WAYBILL_SECRET_KEY: randomBytes(32).toString('base64'),
    })
    const { call: ask } = await signIn(server.url, operator.OPERATOR_EMAIL)
    expect((await ask('GET /audit')).status).toBe(200)
    await ask('POST /user/order', { body: {} })
    metrics = (await call(server.url, 'GET /metrics')).text
    const document = JSON.parse((await call(server.url, 'GET /openapi.json')).text) as {
      paths: Record<string, Record<string, unknown>>
    }
    paths = new Set(
      Object.entries(document.paths).flatMap(([path, verbs]) =>
        Object.keys(verbs).map(verb => `${verb.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
      ),
    )
  })
  afterAll(() => server.stop())

  test('every metric of the rules is one that a server has', async () => {
    const known = new Set(
      [...metrics.matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name, type]) => namesOf(name!, type!)),
    )
    const text = (await readFile(rules, 'utf8')).replaceAll(/^\s*#.*$/gm, '')
    const used = new Set([...text.matchAll(/\bwaybill_\w+/g)].map(([name]) => name))
    expect(used.size).toBeGreaterThan(20)
    expect([...used].filter(name => !known.has(name))).toEqual([])
  })

  test('the figures that the rules are tested with have the labels that a server gives them', () => {
    const shapes = new Set(
      metrics
        .split('\n')
        .filter(line => /^waybill_/.test(line))
        .map(shapeOf),
    )
    const tested = Object.keys(healthyFigures(1)).filter(key => key.startsWith('waybill_'))
    // A counter that nothing was counted on yet has no line.
    const unseen = tested
      .map(shapeOf)
      .filter(shape => !shapes.has(shape) && !shape.startsWith('waybill_gauges_unread_total'))
    expect([...new Set(unseen)]).toEqual([])
  })

  test('the page for operators has a section for every alert and for no other', async () => {
    const page = await readFile(new URL('docs/operating.md', root), 'utf8')
    const sections = [...page.matchAll(/^### (Waybill\w+)$/gm)].map(([, name]) => name!)
    expect(sections.sort()).toEqual((await alertNames()).sort())
  })

  test('the calls that the page for operators names are there', async () => {
    const page = await readFile(new URL('docs/operating.md', root), 'utf8')
    const named = [...page.matchAll(/`(GET|POST|PUT|PATCH|DELETE) (\/[\w/:.-]*)/g)].map(
      ([, verb, path]) => `${verb} ${path}`,
    )
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter(each => !paths.has(each))).toEqual([])
  })
})

function namesOf(name: string, type: string): string[] {
  return type === 'histogram' ? ['count', 'sum', 'bucket'].map(suffix => `${name}_${suffix}`) : [name]
}

/** `name{a,b}` of a line or a series, without what Prometheus itself adds; states by their names, which the rules name too. */
function shapeOf(line: string): string {
  const [, name, labels = ''] = /^(\w+)(?:\{(.*)\})?/.exec(line)!
  const names = [...labels.matchAll(/(\w+)="([^"]*)"/g)]
    .filter(([, label]) => label !== 'instance')
    .map(([pair, label]) => (label === 'state' ? pair : label!))
  return `${name}{${names.sort().join(',')}}`
}
