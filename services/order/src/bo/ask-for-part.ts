// Asks a service for its part of an order's story: a story with a part missing is better than none.
import { ApiError, type Peer } from '@waybill/platform/http'
import type { PeerPart } from '../models/order-story.ts'

export async function askForPart<T extends object>(
  peer: Peer,
  verb: string,
  path: string,
  options: { token: string; body?: unknown },
): Promise<PeerPart<T>> {
  try {
    const { status, data } = await peer.call<T>(verb, path, options)
    if (status === 200) return data
    return status === 404 ? 'none' : 'down'
  } catch (error) {
    if (error instanceof ApiError) return 'down'
    throw error
  }
}
