// Asks the data service whether a cloud is there to be registered with.
import type { Cloud } from '@waybill/contracts'
import { type Peer, refuse } from '@waybill/platform/http'

export type RequireEnabledCloud = ReturnType<typeof createRequireEnabledCloud>

export function createRequireEnabledCloud(dataService: Peer) {
  return async (name: string, field: string): Promise<void> => {
    const { status, data: clouds } = await dataService.call<Cloud[]>('GET', '/clouds')
    // A 404 is a data service that nobody hosts, or no data service.
    if (status !== 200) throw dataService.unavailable(`GET /clouds answered ${status}`)
    const cloud = clouds.find(known => known.name === name)
    if (!cloud) {
      const names = clouds.map(known => known.name).join(', ')
      throw refuse('UNKNOWN_CLOUD', `there is no cloud ${name}: there are ${names}`, {
        errors: [{ field, message: `must be one of ${names}` }],
      })
    }
    if (!cloud.enabled)
      throw refuse('CLOUD_NOT_ENABLED', `the cloud ${name} is not set up on this installation: an operator can do that`)
  }
}
