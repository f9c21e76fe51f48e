// Follows a process until it is final.
import type { Api } from './api.ts'
import type { CallOptions } from './call-options.ts'
import { readEvents } from './event-stream.ts'
import { follow, silenceMilliseconds } from './follow.ts'
import type { Process } from './models.ts'

const waitSeconds = 20

/** Yields the process as it is, then at every change; ends when it is final. Throws what `follow` throws. */
export function followProcess(
  api: Api,
  processId: string,
  options: CallOptions = {},
): AsyncGenerator<Process, void, undefined> {
  const call = { params: { process_id: processId }, options }
  return follow({
    async *streamed() {
      const { stream } = await api.stream('showProcess', { ...call, headers: { Accept: 'text/event-stream' } })
      for await (const { event, data } of readEvents(stream, silenceMilliseconds)) {
        if (event === 'process') yield JSON.parse(data) as Process
      }
    },
    polled(last) {
      if (!last) return api.ask<Process>('showProcess', call)
      const headers = { Prefer: `wait=${waitSeconds}` }
      return api.ask<Process>('showProcess', { ...call, headers, heldFor: waitSeconds * 1_000 })
    },
    isSame: (a, b) => a.updated_at === b.updated_at && a.status === b.status,
    isFinal: ({ status }) => status !== 0,
    signal: options.signal,
  })
}
