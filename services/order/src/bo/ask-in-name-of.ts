// Asks another service in an operator's name for what an audit must see: an answer that is none is never taken for an empty one.
import { type Peer, refuse } from '@waybill/platform/http'

export interface Told<T> {
  data: T
  nextCursor: string | null | undefined
}

export async function askInNameOf<T>(
  token: string,
  peer: Peer,
  verb: string,
  path: string,
  body?: unknown,
): Promise<Told<T>> {
  const { status, code, data, nextCursor } = await peer.call<T>(verb, path, { token, body })
  if (code === 'NOT_AUTHENTICATED') throw refuse(code, 'the access token is no longer valid: sign in again')
  if (status !== 200) throw peer.unavailable(`${verb} ${path} answered ${status} ${code}`)
  return { data, nextCursor }
}
