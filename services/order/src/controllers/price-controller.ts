// Prices over HTTP.
import type { orderApi } from '@waybill/contracts'
import type { Db } from '@waybill/platform/db'
import { type ControllerOf, ok } from '@waybill/platform/http'
import type { SetPrice } from '../bo/set-price.ts'
import type * as priceDao from '../dao/price-dao.ts'
import { presentPrice } from '../models/price.ts'
import type { OrderTables } from '../models/tables.ts'

interface Needs {
  db: Db<OrderTables>
  prices: typeof priceDao
  setPrice: SetPrice
}

export function createPriceController({ db, prices, setPrice }: Needs) {
  const list: ControllerOf<typeof orderApi.listPrices> = async () => ok((await prices.listPrices(db)).map(presentPrice))

  const set: ControllerOf<typeof orderApi.setPrice> = async ({ params, body }) => ok(await setPrice(params.cloud, body))

  return { list, set }
}
