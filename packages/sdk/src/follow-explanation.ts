// Follows the explanation of an order until nothing more will happen.
import type { Api } from './api.ts'
import type { WatchOptions } from './call-options.ts'
import { readEvents } from './event-stream.ts'
import { follow, silenceMilliseconds } from './follow.ts'
import type { Explanation } from './models.ts'

/** Yields the explanation as it is, then at every change; ends with the order's story. Throws what `follow` throws. */
export function followExplanation(
  api: Api,
  orderId: string,
  { onConnection, ...options }: WatchOptions = {},
): AsyncGenerator<Explanation, void, undefined> {
  const call = { params: { id: orderId }, options }
  return follow({
    async *streamed() {
      const { stream } = await api.stream('explainOrder', { ...call, headers: { Accept: 'text/event-stream' } })
      for await (const { event, data } of readEvents(stream, silenceMilliseconds)) {
        if (event === 'explanation') yield JSON.parse(data) as Explanation
      }
    },
    polled: () => api.ask<Explanation>('explainOrder', call),
    isSame: (a, b) => JSON.stringify(a) === JSON.stringify(b),
    isFinal: ({ ended }) => ended,
    signal: options.signal,
    onConnection,
  })
}
