// The catalogue of events says who consumes each: every process declares the queues by it. Here it is held against the services.
import { type EventType, eventCatalogue, serviceNames } from '@waybill/contracts'
import { startService } from '@waybill/platform/testing'
import { expect, test } from 'vitest'
import { loadServices } from '../../apps/server/src/load-services.ts'

test('each service handles exactly the events that the catalogue gives to it', async () => {
  const host = await startService(await loadServices())
  try {
    for (const service of serviceNames) {
      const named = (Object.keys(eventCatalogue) as EventType[]).filter(type =>
        eventCatalogue[type].consumers.includes(service),
      )
      expect((host.broker.wanted.get(service) ?? []).toSorted(), service).toEqual(named.toSorted())
    }
    expect([...host.broker.wanted.keys()].toSorted()).toEqual(['data', 'order', 'payment'])
  } finally {
    await host.stop()
  }
})
