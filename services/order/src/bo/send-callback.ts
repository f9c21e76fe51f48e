// Calls back about a finished process: one attempt, then what is to follow from its outcome.

import type { Clock } from '@waybill/platform/clock'
import { rfc3339 } from '@waybill/platform/clock'
import type { Database, TimerHandler } from '@waybill/platform/db'
import { withContext } from '@waybill/platform/log'
import { uuidv7 } from 'uuidv7'
import type * as callbackDao from '../dao/callback-dao.ts'
import type * as processDao from '../dao/process-dao.ts'
import { type CallbackRow, nextAttemptAt } from '../models/callback.ts'
import { type ProcessRow, presentProcess } from '../models/process.ts'
import type { OrderTables } from '../models/tables.ts'
import type { CallbackOutcome, PostCallback } from './post-callback.ts'

interface Needs {
  database: Database<OrderTables>
  callbacks: typeof callbackDao
  processes: typeof processDao
  postCallback: PostCallback
  clock: Clock
}

export function createSendCallback({ database, callbacks, processes, postCallback, clock }: Needs): TimerHandler {
  return async (timer, stopping) => {
    const callback = await callbacks.findCallback(database.db, timer.subject)
    if (callback?.state !== 'waiting') return
    const process = (await processes.findProcessById(database.db, callback.process_id))!
    const { requestId, traceparent } = { requestId: callback.request_id, traceparent: callback.traceparent }
    await withContext({ requestId, traceparent }, async () => {
      const outcome = await postCallback(callback, cloudEvent(callback, process), stopping)
      const at = clock.now()
      const attempt = callback.attempt + 1
      const follows = whatFollows(outcome, attempt, at)
      await database.transaction(async tx => {
        await callbacks.countAttempt(tx, callback.process_id, attempt)
        const of = { processId: callback.process_id, revision: callback.revision }
        const settled = await callbacks.settleCallback(tx, of, { ...follows, at })
        // Asked for again meanwhile: that attempt is due now.
        const next = settled ? follows.nextAttemptAt : at
        await callbacks.insertAttempt(tx, {
          id: uuidv7(),
          process_id: callback.process_id,
          url: callback.url,
          attempt,
          status_code: outcome.statusCode,
          error: outcome.error,
          at,
          next_attempt_at: next,
        })
        await (next === null ? timer.complete(tx) : timer.reschedule(tx, next))
      })
    })
  }
}

function whatFollows(
  { statusCode, error }: CallbackOutcome,
  attempt: number,
  now: number,
): { state: CallbackRow['state']; nextAttemptAt: number | null } {
  if (error === null) return { state: 'delivered', nextAttemptAt: null }
  const next = statusCode === 410 ? null : nextAttemptAt(attempt, now)
  return { state: next === null ? 'stopped' : 'waiting', nextAttemptAt: next }
}

/** CloudEvents 1.0 in structured mode, with the `requestid` extension and the distributed tracing extension. */
function cloudEvent(callback: CallbackRow, process: ProcessRow): string {
  return JSON.stringify({
    specversion: '1.0',
    id: callback.webhook_id,
    source: '/waybill/order',
    type: 'waybill.process.finished',
    subject: process.order_id,
    time: rfc3339(process.finished_at),
    datacontenttype: 'application/json',
    requestid: callback.request_id,
    traceparent: callback.traceparent,
    data: presentProcess(process, null),
  })
}
