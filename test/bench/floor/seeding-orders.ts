// Puts orders that are delivered into a floor's tables, for those that only read.
import { openFloorDatabase } from './floor-database.ts'
import { type FloorOrder, newOrder, prepareOrderRows } from './order-rows.ts'

export function seedOrders(home: string, count: number, dataset: string): FloorOrder[] {
  const database = openFloorDatabase(home)
  const write = prepareOrderRows(database)
  const orders = Array.from({ length: count }, () => newOrder([{ dataset, format: 'ndjson' }]))
  database.exec('begin')
  for (const order of orders) write(order)
  database.exec("update orders set state = 'delivered', version = 3")
  database.exec(
    "update user_processes set status = 1, percentage = 100, step = 'delivered', started_at = created_at, finished_at = updated_at",
  )
  database.exec('commit')
  database.close()
  return orders
}
