// Follows a process until it is final: by its event stream, and where that does not get through by asking and waiting.
import type { Api } from './api.ts'
import type { CallOptions } from './call-options.ts'
import { readEvents } from './event-stream.ts'
import type { Process } from './models.ts'
import { growingPause, pause } from './retrying.ts'
import { isWaybillError, WaybillError } from './waybill-error.ts'

/** The server says that it is still there every 15 s; three silences in a row are one too many. */
const silenceMilliseconds = 45_000
const waitSeconds = 20
/** Of the connection, in a row; with their pauses they outlast a server that is started anew. */
const mostFailures = 12

/** Yields the process as it is, then at every change; ends when it is final. Throws where it cannot be read, or the server stays away for a minute or two. */
export async function* followProcess(
  api: Api,
  processId: string,
  options: CallOptions = {},
): AsyncGenerator<Process, void, undefined> {
  const { signal } = options
  let streams = true
  let last: Process | undefined
  for (let failures = 0; last === undefined || last.status === 0; ) {
    try {
      const changes = streams ? streamed(api, processId, options) : polled(api, processId, options, last)
      for await (const process of changes) {
        failures = 0
        if (process.updated_at === last?.updated_at && process.status === last.status) continue
        last = process
        yield process
      }
      if (last?.status !== 0) continue
      // A stream that ends early is cut by something in between, or by a server that stops.
      if (streams) await pause(growingPause(failures++), signal)
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      if (!isWaybillError(error)) throw error
      if (isWaybillError(error, 'NOT_AUTHENTICATED') || !error.retryable) throw error
      if (++failures > mostFailures) throw error
      await pause(Math.max(growingPause(failures - 1), (error.retryAfterSeconds ?? 0) * 1_000), signal)
    }
    // What lets no stream through may let single answers through.
    if (failures > 1) streams = false
  }
}

async function* streamed(api: Api, processId: string, options: CallOptions): AsyncGenerator<Process, void, undefined> {
  const headers = { Accept: 'text/event-stream' }
  const { stream } = await api.stream('showProcess', { params: { process_id: processId }, headers, options })
  try {
    for await (const { event, data } of readEvents(stream, silenceMilliseconds)) {
      if (event === 'process') yield JSON.parse(data)
    }
  } catch (cause) {
    if (isWaybillError(cause)) throw cause
    throw new WaybillError({ code: 'SERVER_UNREACHABLE', message: 'the event stream broke', retryable: true, cause })
  }
}

/** One answer: as it is where nothing is known yet, else when it has changed or the wait is over. */
async function* polled(
  api: Api,
  processId: string,
  options: CallOptions,
  last: Process | undefined,
): AsyncGenerator<Process, void, undefined> {
  const headers = last ? { Prefer: `wait=${waitSeconds}` } : {}
  const timeout = (options.timeout ?? 0) + waitSeconds * 1_000
  yield await api.ask<Process>('showProcess', {
    ...{ params: { process_id: processId }, headers },
    options: last ? { ...options, timeout: Math.max(timeout, 30_000) } : options,
  })
}
