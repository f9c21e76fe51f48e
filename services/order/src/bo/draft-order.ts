// Makes an order out of what was asked for and who asks, or says why it cannot be ordered. Nothing is written.
import type { Clock } from '@waybill/platform/clock'
import type { Db } from '@waybill/platform/db'
import { refuse, refuseField } from '@waybill/platform/http'
import { uuidv7 } from 'uuidv7'
import type * as priceDao from '../dao/price-dao.ts'
import type { OrderRow } from '../models/order.ts'
import { firstStep, type ProcessRow } from '../models/process.ts'
import type { OrderTables } from '../models/tables.ts'
import type { CallbackAddress } from './callback-address.ts'
import type { OrderRequest } from './place-order.ts'

interface Needs {
  db: Db<OrderTables>
  prices: typeof priceDao
  callbackAddress: CallbackAddress
  clock: Clock
}

export interface OrderDraft {
  order: OrderRow
  process: ProcessRow
}

export type DraftOrder = ReturnType<typeof createDraftOrder>

export function createDraftOrder({ db, prices, callbackAddress, clock }: Needs) {
  return async ({ caller, body, requestId }: OrderRequest): Promise<OrderDraft> => {
    const { cloud, account, user_id } = caller
    if (cloud === null) {
      throw refuse('CLOUD_NOT_REGISTERED', 'register with a cloud first: PUT /user/cloud { "name": "LOCAL" }')
    }
    const price = await prices.findPrice(db, cloud)
    if (!price)
      throw refuse('CLOUD_NOT_PRICED', `cloud ${cloud} has no price yet: an operator sets one (PUT /prices/${cloud})`)
    if (body.callback_url !== undefined) await refuseBadCallback(callbackAddress, body.callback_url)

    const now = clock.now()
    const orderId = uuidv7()
    const processId = uuidv7()
    const { mode } = body.payment
    return {
      order: {
        id: orderId,
        user_id,
        cloud,
        account,
        state: 'created',
        cancel_reason: null,
        items: JSON.stringify(body.items),
        amount: price.amount * body.items.length,
        currency: price.currency,
        process_id: processId,
        payment_mode: mode,
        callback_url: body.callback_url ?? null,
        version: 1,
        request_id: requestId,
        created_at: now,
        updated_at: now,
      },
      process: {
        process_id: processId,
        order_id: orderId,
        user_id,
        cloud,
        status: 0,
        percentage: 0,
        step: firstStep(mode),
        reason: null,
        started_at: mode === 'later' ? null : now,
        created_at: now,
        updated_at: now,
        finished_at: null,
      },
    }
  }
}

async function refuseBadCallback(callbackAddress: CallbackAddress, url: string): Promise<void> {
  const problem = await callbackAddress.whatIsWrongWith(url)
  if (problem !== undefined) throw refuseField('callback_url', problem)
}
