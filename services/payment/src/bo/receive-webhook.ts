// A gateway says that something happened to a payment. It is a hint, never the outcome: the gateway is asked at once instead of later.
import type { IncomingHttpHeaders } from 'node:http'
import type { Database } from '@waybill/platform/db'
import { refuse } from '@waybill/platform/http'
import type * as attemptDao from '../dao/attempt-dao.ts'
import type { Gateways } from '../gateways/factory.ts'
import type { PaymentTables } from '../models/tables.ts'
import type { Settling } from './settling.ts'

interface Needs {
  database: Database<PaymentTables>
  attempts: typeof attemptDao
  gateways: Gateways
  settling: Settling
}

export type ReceiveWebhook = ReturnType<typeof createReceiveWebhook>

export function createReceiveWebhook({ database, attempts, gateways, settling }: Needs) {
  return async (name: string, headers: IncomingHttpHeaders, body: Buffer): Promise<void> => {
    const gateway = gateways.find(name)
    if (!gateway) throw refuse('GATEWAY_NOT_FOUND', `there is no payment gateway ${name} on this installation`)
    const notice = gateway.verifyWebhook(headers, body)
    if (!notice) throw refuse('WEBHOOK_REFUSED', `the webhook is not signed by ${name}, or too long ago`)
    const { paymentId } = notice
    if (paymentId === undefined) return
    await database.transaction(async tx => {
      if (await attempts.hasOpenAttempt(tx, paymentId)) await settling.wake(tx, paymentId)
    })
  }
}
