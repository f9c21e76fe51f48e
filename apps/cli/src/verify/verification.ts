// Makes every check in turn, whatever became of the one before, and tidies up at the end; what was found is a card.
import { randomBytes } from 'node:crypto'
import type { Waybill } from '@waybill/sdk'
import { summarize } from '../latencies.ts'
import { type Card, type CardRow, verdictOf } from './card.ts'
import { type Check, checks } from './checks.ts'
import { describeTrouble, LeftOut } from './finding.ts'
import { rawCall } from './raw-call.ts'
import type { Terms, Visit } from './visit.ts'

interface Needs {
  server: string
  terms: Terms
  operator: Waybill | undefined
  /** Once it is aborted, only tidying up is left to be done. */
  stop: AbortSignal
  /** Told of every row as soon as it is known. */
  onRow(row: CardRow): Promise<void>
  note(line: string): void
}

const runMark = () => randomBytes(4).toString('hex')
const last = checks.at(-1)!

export async function verifyDeployment({ server, terms, operator, stop, onRow, note }: Needs): Promise<Card> {
  const from = performance.now()
  const at = new Date().toISOString()
  const visit: Visit = {
    ...{ server, run: runMark(), terms, operator, note },
    ...{ guests: [], figures: [], trials: new Map(), movedAt: performance.now() },
  }
  const rows: CardRow[] = []
  for (const check of checks) {
    const isWanted = !stop.aborted || check === last
    const row = isWanted ? await make(check, visit) : leaveOut(check, 'stopped before')
    rows.push(row)
    await onRow(row)
  }
  return {
    deployment: server,
    ...(await askAbout(server)),
    cloud: visit.cloud ? `${visit.cloud.name} (${visit.cloud.driver})` : null,
    run: visit.run,
    at,
    seconds: (performance.now() - from) / 1_000,
    rows,
    figures: visit.figures.map(({ name, milliseconds }) => {
      const { p50, p99 } = summarize(milliseconds)
      return { name, count: milliseconds.length, p50_ms: p50, p99_ms: p99 }
    }),
    audit: visit.audit ?? null,
    verdict: verdictOf(rows),
  }
}

async function make(check: Check, visit: Visit): Promise<CardRow> {
  const from = performance.now()
  const ended = await check.run(visit).then(
    (detail): Pick<CardRow, 'outcome' | 'detail'> => ({ outcome: 'passed', detail }),
    (error): Pick<CardRow, 'outcome' | 'detail'> => ({
      outcome: error instanceof LeftOut ? 'left out' : 'failed',
      detail: describeTrouble(error),
    }),
  )
  return { check: check.name, ...ended, milliseconds: Math.round(performance.now() - from) }
}

const leaveOut = (check: Check, detail: string): CardRow => ({
  check: check.name,
  outcome: 'left out',
  detail,
  milliseconds: 0,
})

/** What a deployment tells about itself to anybody; it may keep it to itself. */
async function askAbout(server: string): Promise<Pick<Card, 'version' | 'database' | 'broker'>> {
  const read = async (path: string): Promise<Record<string, unknown>> => {
    try {
      return JSON.parse((await rawCall(server, `GET ${path}`)).bytes.toString())
    } catch {
      return {}
    }
  }
  const { info } = (await read('/openapi.json')) as { info?: { version?: string } }
  const { dependencies } = (await read('/readyz')) as { dependencies?: Record<string, { status?: string }> }
  return {
    version: info?.version ?? null,
    database: dependencies?.database?.status ?? null,
    broker: dependencies?.broker?.status ?? null,
  }
}
