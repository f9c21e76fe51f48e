// The card at the end of a verification: the same rows for every deployment, to be laid side by side.
import { printable, type Terminal } from '../terminal.ts'
import type { AuditFound } from './visit.ts'

export type Outcome = 'passed' | 'failed' | 'left out'

export interface CardRow {
  check: string
  outcome: Outcome
  /** What was seen, what was wrong, or why it was left out. */
  detail: string
  milliseconds: number
}

export interface CardFigure {
  name: string
  count: number
  p50_ms: number
  p99_ms: number
}

export interface Card {
  deployment: string
  /** Of the contract that it serves, where it tells. */
  version: string | null
  /** What /readyz says of each; null where it does not. */
  database: string | null
  broker: string | null
  cloud: string | null
  /** Marks the users of this verification. */
  run: string
  at: string
  seconds: number
  rows: CardRow[]
  figures: CardFigure[]
  audit: AuditFound | null
  verdict: 'passed' | 'passed in part' | 'failed'
}

/** A row left out is none that passed: the verdict says so. */
export function verdictOf(rows: readonly CardRow[]): Card['verdict'] {
  if (rows.some(({ outcome }) => outcome === 'failed')) return 'failed'
  return rows.every(({ outcome }) => outcome === 'passed') ? 'passed' : 'passed in part'
}

const marks = { passed: 'ok', failed: 'FAIL', 'left out': '--' } as const
const styles = { passed: 'green', failed: 'red', 'left out': 'dim' } as const

/** A row as it is printed as soon as it is known. */
export function drawRow({ check, outcome, detail }: CardRow, columns: number, { style }: Terminal): string {
  const told = outcome === 'left out' ? `left out: ${detail}` : detail
  return `${style(styles[outcome], marks[outcome].padEnd(4))}  ${check.padEnd(columns)}  ${printable(told)}`
}

/** What stands below the rows. */
export function drawSummary(card: Card, { style }: Terminal): string[] {
  const count = (outcome: Outcome) => card.rows.filter(row => row.outcome === outcome).length
  const columns = Math.max(...card.figures.map(({ name }) => name.length), 0)
  const audit = card.audit
    ? `${card.audit.checked} orders, ${card.audit.violations} violations, ${card.audit.since} to ${card.audit.until}`
    : 'not asked for'
  const verdictStyle = card.verdict === 'failed' ? 'red' : card.verdict === 'passed' ? 'green' : 'yellow'
  return [
    '',
    ...card.figures.map(({ name, count: times, p50_ms, p99_ms }) => {
      const counted = String(times).padStart(5)
      return `${name.padEnd(columns)}  ${counted} times  p50 ${milliseconds(p50_ms)}  p99 ${milliseconds(p99_ms)}`
    }),
    ...(card.figures.length > 0 ? [''] : []),
    `deployment  ${card.deployment}`,
    `version     ${card.version ?? 'not told'}; database ${card.database ?? 'not told'}, broker ${card.broker ?? 'not told'}`,
    `cloud       ${card.cloud ?? 'none'}`,
    `audit       ${audit}`,
    `verified    ${card.at}, run ${card.run}, ${card.seconds.toFixed(1)} s`,
    `verdict     ${style(verdictStyle, card.verdict)}: ${count('passed')} passed, ${count('failed')} failed, ${count('left out')} left out`,
  ].map(printableLine)
}

const milliseconds = (value: number) => `${value.toFixed(1)} ms`.padStart(10)
/** The verdict's colour is ours; what the deployment says is not. */
const printableLine = (line: string) => (line.startsWith('verdict') ? line : printable(line))
