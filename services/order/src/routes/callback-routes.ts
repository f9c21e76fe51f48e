// The paths of callbacks.
import { orderApi } from '@waybill/contracts'
import { type Route, routesOf } from '@waybill/platform/http'
import type { createCallbackController } from '../controllers/callback-controller.ts'

export function callbackRoutes(callbacks: ReturnType<typeof createCallbackController>): Route[] {
  const route = routesOf('order')
  const access = 'customer'
  return [
    route({ verb: 'get', path: '/callbacks', contract: orderApi.listCallbacks, access, controller: callbacks.list }),
    route({
      verb: 'post',
      path: '/callbacks/:process_id/resend',
      contract: orderApi.resendCallback,
      access,
      controller: callbacks.resend,
    }),
    route({
      verb: 'get',
      path: '/callbacks/secret',
      contract: orderApi.showCallbackSecret,
      access,
      controller: callbacks.showSecret,
    }),
    route({
      verb: 'post',
      path: '/callbacks/secret/rotate',
      contract: orderApi.rotateCallbackSecret,
      access,
      controller: callbacks.rotateSecret,
    }),
  ]
}
