// Puts orders that are delivered into a floor's tables, for those that only read.
import type { FloorStore } from './floor-store.ts'
import { type FloorOrder, newOrder, orderCreated, orderRows } from './order-rows.ts'

export async function seedOrders(store: FloorStore, count: number, dataset: string): Promise<FloorOrder[]> {
  const orders = Array.from({ length: count }, () => newOrder([{ dataset, format: 'ndjson' }]))
  await Promise.all(
    orders.map(order =>
      store.commitTogether(at => [
        ...orderRows(order, orderCreated(order), at),
        {
          change: "update orders set state = 'delivered', version = 3",
          values: [],
          where: "state = 'created' and id",
          key: order.id,
        },
        {
          change:
            "update user_processes set status = 1, percentage = 100, step = 'delivered', started_at = created_at, finished_at = updated_at",
          values: [],
          where: 'status = 0 and process_id',
          key: order.processId,
        },
      ]),
    ),
  )
  return orders
}
