// Callbacks over HTTP.
import type { orderApi } from '@waybill/contracts'
import { accepted, type ControllerOf, ok, page } from '@waybill/platform/http'
import type { FindCallbackSecret } from '../bo/find-callback-secret.ts'
import type { ListCallbackAttempts } from '../bo/list-callback-attempts.ts'
import type { ResendCallback } from '../bo/resend-callback.ts'
import type { RotateCallbackSecret } from '../bo/rotate-callback-secret.ts'

interface Needs {
  listCallbackAttempts: ListCallbackAttempts
  resendCallback: ResendCallback
  findCallbackSecret: FindCallbackSecret
  rotateCallbackSecret: RotateCallbackSecret
}

export function createCallbackController(needs: Needs) {
  const list: ControllerOf<typeof orderApi.listCallbacks> = async ({ caller, query }) => {
    const { attempts, nextCursor } = await needs.listCallbackAttempts(caller, query)
    return page(attempts, nextCursor)
  }

  const resend: ControllerOf<typeof orderApi.resendCallback> = async ({ caller, params }) =>
    accepted(await needs.resendCallback(caller, params.process_id))

  const showSecret: ControllerOf<typeof orderApi.showCallbackSecret> = async ({ caller }) =>
    ok({ secret: (await needs.findCallbackSecret(caller.user_id)).current })

  const rotateSecret: ControllerOf<typeof orderApi.rotateCallbackSecret> = async ({ caller }) =>
    ok({ secret: await needs.rotateCallbackSecret(caller.user_id) })

  return { list, resend, showSecret, rotateSecret }
}
