// Processes over HTTP: asked for, waited for, or followed.
import type { orderApi } from '@waybill/contracts'
import { type ControllerOf, eventStream, ok, page } from '@waybill/platform/http'
import type { DescribeProcess } from '../bo/describe-process.ts'
import type { FindProcess } from '../bo/find-process.ts'
import type { ListProcesses } from '../bo/list-processes.ts'
import type { WatchProcess } from '../bo/watch-process.ts'
import { retryAfter } from '../models/process.ts'
import { asksForEvents } from './asks-for-events.ts'

interface Needs {
  findProcess: FindProcess
  describeProcess: DescribeProcess
  watchProcess: WatchProcess
  listProcesses: ListProcesses
}

const longestWaitSeconds = 60

export function createProcessController({ findProcess, describeProcess, watchProcess, listProcesses }: Needs) {
  const show: ControllerOf<typeof orderApi.showProcess> = async request => {
    const { caller, params, headers } = request
    const row = await findProcess(caller, params.process_id)
    if (asksForEvents(headers.accept)) return eventStream(watchProcess.asItChanges(row, request.signal))
    const wait = waitAskedFor(headers.prefer)
    const process = await (wait === undefined
      ? describeProcess(row)
      : watchProcess.untilItChanges(row, wait, request.signal))
    const after = retryAfter(process)
    return ok(process, {
      ...(after === undefined ? {} : { 'Retry-After': after }),
      ...(wait === undefined ? {} : { 'Preference-Applied': `wait=${wait}` }),
    })
  }

  const list: ControllerOf<typeof orderApi.listProcesses> = async ({ caller, query }) => {
    const { processes, nextCursor } = await listProcesses(caller, query)
    return page(processes, nextCursor)
  }

  return { show, list }
}

/** Seconds of the `wait` preference (RFC 7240 4.3), no more than a connection should be held; undefined where there is none. */
function waitAskedFor(prefer: string | string[] | undefined): number | undefined {
  const wait = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:[,;]|$)/i.exec([prefer ?? ''].flat().join(','))?.[1]
  return wait === undefined ? undefined : Math.min(Number(wait), longestWaitSeconds)
}
