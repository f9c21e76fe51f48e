// Follows a process until it is final: by its event stream, and where that does not get through by asking and waiting.
import type { Api } from './api.ts'
import type { CallOptions } from './call-options.ts'
import { readEvents } from './event-stream.ts'
import type { Process } from './models.ts'
import { growingPause, pause } from './retrying.ts'
import { isWaybillError } from './waybill-error.ts'

/** The server says that it is still there every 15 s; three times silence is once too many. */
const silenceMilliseconds = 45_000
const waitSeconds = 20
/** A server that answers at once although it was asked to wait is not asked more often than this. */
const betweenPolls = 1_000
/** In a row; with their pauses they outlast a server that is started anew. */
const mostFailures = 12

/** Yields the process as it is, then at every change; ends when it is final. Throws where it cannot be read, or the server stays away for a minute or two. */
export async function* followProcess(
  api: Api,
  processId: string,
  options: CallOptions = {},
): AsyncGenerator<Process, void, undefined> {
  const { signal } = options
  let last: Process | undefined
  let streams = true
  for (let failures = 0; ; ) {
    let milliseconds = betweenPolls
    try {
      for await (const process of streams ? streamed(api, processId, options) : polled(api, processId, options, last)) {
        if (last && process.updated_at === last.updated_at && process.status === last.status) continue
        failures = 0
        last = process
        yield process
        if (process.status !== 0) return
      }
      // A stream that ends early was cut by something in between, or by a server that stops.
      if (streams) milliseconds = growingPause(failures++)
      else failures = 0
    } catch (error) {
      signal?.throwIfAborted()
      if (!isWaybillError(error) || !error.retryable || ++failures > mostFailures) throw error
      milliseconds = Math.max(growingPause(failures - 1), (error.retryAfterSeconds ?? 0) * 1_000)
    }
    // What lets no stream through may let single answers through.
    if (failures > 1) streams = false
    await pause(milliseconds, signal)
  }
}

async function* streamed(api: Api, processId: string, options: CallOptions): AsyncGenerator<Process, void, undefined> {
  const headers = { Accept: 'text/event-stream' }
  const { stream } = await api.stream('showProcess', { params: { process_id: processId }, headers, options })
  for await (const { event, data } of readEvents(stream, silenceMilliseconds)) {
    if (event === 'process') yield JSON.parse(data)
  }
}

/** One answer: as it is where nothing is known yet, else when it has changed or the wait is over. */
async function* polled(
  api: Api,
  processId: string,
  options: CallOptions,
  last: Process | undefined,
): AsyncGenerator<Process, void, undefined> {
  const call = { params: { process_id: processId }, options }
  if (!last) yield await api.ask<Process>('showProcess', call)
  else {
    const headers = { Prefer: `wait=${waitSeconds}` }
    yield await api.ask<Process>('showProcess', { ...call, headers, heldFor: waitSeconds * 1_000 })
  }
}
