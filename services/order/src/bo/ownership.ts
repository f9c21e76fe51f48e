// Who may see what: everybody their own, operators everything.
import type { Principal } from '@waybill/platform/auth'
import { refuse } from '@waybill/platform/http'

export function maySee(caller: Principal, thing: { user_id: string }): boolean {
  return thing.user_id === caller.user_id || caller.role === 'operator'
}

/** Whose things a list shows; undefined for everybody's. Only operators may look beyond their own. */
export function ownerAskedFor(
  caller: Principal,
  { user_id: userId, all }: { user_id?: string; all?: boolean },
): string | undefined {
  if (userId === undefined && all === undefined) return caller.user_id
  if (caller.role !== 'operator') {
    throw refuse('FORBIDDEN', 'user_id and all are for operators: leave them out to see what is yours')
  }
  return userId ?? (all ? undefined : caller.user_id)
}

/** Operators read everything; what is done about a thing is up to its owner. */
export function refuseUnlessOwner(caller: Principal, thing: { user_id: string }): void {
  if (thing.user_id !== caller.user_id) {
    throw refuse('FORBIDDEN', "this is another user's: an operator may read it, only its owner may change it")
  }
}
