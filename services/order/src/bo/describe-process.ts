// Presents a process with an estimate of how long it will still take, learnt from those that ended lately.
import type { Process } from '@waybill/contracts'
import type { Clock } from '@waybill/platform/clock'
import type { Db } from '@waybill/platform/db'
import type * as processDao from '../dao/process-dao.ts'
import { type ProcessRow, presentProcess } from '../models/process.ts'
import type { OrderTables } from '../models/tables.ts'

interface Needs {
  db: Db<OrderTables>
  processes: typeof processDao
  clock: Clock
}

const learntFrom = 50
const keptMilliseconds = 5_000

export type DescribeProcess = ReturnType<typeof createDescribeProcess>

export function createDescribeProcess({ db, processes, clock }: Needs) {
  /** By cloud: how long its processes take, and when to ask again. */
  const known = new Map<string, { until: number; usual: Promise<number | undefined> }>()

  function usualDuration(cloud: string): Promise<number | undefined> {
    const kept = known.get(cloud)
    if (kept && kept.until > clock.now()) return kept.usual
    const usual = processes.listSuccesses(db, cloud, learntFrom).then(rows => median(rows.flatMap(durationOf)))
    known.set(cloud, { until: clock.now() + keptMilliseconds, usual })
    // A read that failed must not be remembered as the answer.
    usual.catch(() => known.delete(cloud))
    return usual
  }

  return async (row: ProcessRow): Promise<Process> => {
    if (row.status !== 0 || row.started_at === null) return presentProcess(row, null)
    const left = timeLeft(clock.now() - row.started_at, row.percentage, await usualDuration(row.cloud))
    return presentProcess(row, left === null ? null : Math.max(1, Math.ceil(left / 1_000)))
  }
}

/** Milliseconds: the further it is, the more its own pace counts and the less that of others before it. */
export function timeLeft(elapsed: number, percentage: number, usual: number | undefined): number | null {
  const byPace = percentage > 0 ? (elapsed * (100 - percentage)) / percentage : undefined
  const byOthers = usual === undefined ? undefined : Math.max(usual - elapsed, 0)
  if (byPace === undefined || byOthers === undefined) return byPace ?? byOthers ?? null
  return (byPace * percentage + byOthers * (100 - percentage)) / 100
}

function durationOf(row: { started_at: number | null; finished_at: number | null }): number[] {
  return row.started_at === null || row.finished_at === null ? [] : [row.finished_at - row.started_at]
}

function median(durations: number[]): number | undefined {
  return durations.sort((a, b) => a - b)[Math.floor(durations.length / 2)]
}
