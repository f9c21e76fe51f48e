// Sets the price of a cloud, for orders from now on; orders that stand keep theirs.
import type { Cloud, Price, SetPriceBody } from '@waybill/contracts'
import type { Clock } from '@waybill/platform/clock'
import type { Database } from '@waybill/platform/db'
import { type Peer, refuse } from '@waybill/platform/http'
import type * as priceDao from '../dao/price-dao.ts'
import { presentPrice } from '../models/price.ts'
import type { OrderTables } from '../models/tables.ts'

interface Needs {
  database: Database<OrderTables>
  prices: typeof priceDao
  dataService: Peer
  clock: Clock
}

export type SetPrice = ReturnType<typeof createSetPrice>

export function createSetPrice({ database, prices, dataService, clock }: Needs) {
  return async (cloud: string, { amount, currency }: SetPriceBody): Promise<Price> => {
    const { data: clouds } = await dataService.call<Cloud[]>('GET', '/clouds')
    if (!clouds.some(known => known.name === cloud))
      throw refuse('CLOUD_NOT_FOUND', `there is no cloud ${cloud}: GET /clouds lists them`)
    const row = { cloud, amount, currency, updated_at: clock.now() }
    await database.transaction(tx => prices.savePrice(tx, row))
    return presentPrice(row)
  }
}
