// The one place where the order service is put together.
import { traced, tracedModule } from '@waybill/platform/log'
import { openStore, type Service, type ServiceHost } from '@waybill/platform/service'
import { createSetPrice } from './bo/set-price.ts'
import { createPriceController } from './controllers/price-controller.ts'
import * as priceDao from './dao/price-dao.ts'
import type { OrderTables } from './models/tables.ts'
import { priceRoutes } from './routes/price-routes.ts'

export async function createOrderService(host: ServiceHost): Promise<Service> {
  const { clock, peers } = host
  const log = host.log.child({ service: 'order' })
  const store = await openStore<OrderTables>(host, 'order', new URL('../migrations/', import.meta.url))
  const { database } = store

  const prices = tracedModule(log, 'dao', priceDao)
  const setPrice = traced(log, 'bo', 'setPrice', createSetPrice({ database, prices, dataService: peers.data, clock }))

  const priceController = createPriceController({ db: database.db, prices, setPrice })

  return { name: 'order', store: store as never, routes: [...priceRoutes(priceController)] }
}
