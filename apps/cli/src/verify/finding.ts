// How a check ends that does not pass: with what was found instead, or without having been made.
import { isWaybillError } from '@waybill/sdk'

/** The deployment did not do what the contract says. */
export class Wrong extends Error {}

/** The check could not be made here; the message says why. */
export class LeftOut extends Error {}

/** Throws a Wrong unless it is so; `found` says what was found instead. */
export function mustBe(isSo: boolean, found: string): asserts isSo {
  if (!isSo) throw new Wrong(found)
}

/** The call must be refused with this code and status. */
export async function mustRefuse(call: Promise<unknown>, status: number, code: string, what: string): Promise<void> {
  const error = await call.then(
    () => undefined,
    thrown => thrown,
  )
  mustBe(error !== undefined, `${what} was taken; ${status} ${code} is due`)
  if (!isWaybillError(error)) throw error
  mustBe(
    error.status === status && error.code === code,
    `${what} was answered with ${error.status} ${error.code}; ${status} ${code} is due`,
  )
}

/** In one line, with the request id where there was an answer. */
export function describeTrouble(error: unknown): string {
  if (!isWaybillError(error)) return error instanceof Error ? error.message : String(error)
  const request = error.requestId === undefined ? '' : `, request ${error.requestId}`
  return `${error.message} (${error.code}${request})`
}
