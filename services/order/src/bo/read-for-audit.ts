// Reads what an audit looks at: an order's own rows, all at one moment, and its payment as the payment service tells it.
import type { Payment } from '@waybill/contracts'
import type { Database, Tx } from '@waybill/platform/db'
import type { Peer } from '@waybill/platform/http'
import type * as orderDao from '../dao/order-dao.ts'
import type * as processDao from '../dao/process-dao.ts'
import type { AuditedOrder } from '../models/audit-rules.ts'
import type { OrderRow } from '../models/order.ts'
import type { OrderTables } from '../models/tables.ts'

interface Needs {
  database: Database<OrderTables>
  orders: typeof orderDao
  processes: typeof processDao
  paymentService: Peer
}

type Own = Omit<AuditedOrder, 'payment'>

const askedAtOnce = 8

export type ReadForAudit = ReturnType<typeof createReadForAudit>

export function createReadForAudit({ database, orders, processes, paymentService }: Needs) {
  async function withTheirRows(tx: Tx<OrderTables>, rows: OrderRow[]): Promise<Own[]> {
    if (rows.length === 0) return []
    const histories = Map.groupBy(
      await orders.listHistory(
        tx,
        rows.map(row => row.id),
      ),
      row => row.order_id,
    )
    const found = await processes.findProcessesByIds(
      tx,
      rows.map(row => row.process_id),
    )
    const byId = new Map(found.map(process => [process.process_id, process]))
    return rows.map(order => ({
      order,
      history: histories.get(order.id) ?? [],
      process: byId.get(order.process_id),
    }))
  }

  async function withPayment(own: Own, token: string): Promise<AuditedOrder> {
    const path = `/payment/details?order_id=${own.order.id}`
    const { status, data } = await paymentService.call<Payment>('GET', path, { token })
    // An audit that cannot see the money must not say that all is well.
    if (status !== 200 && status !== 404) throw paymentService.unavailable(`${path} answered ${status}`)
    return { ...own, payment: status === 200 ? data : undefined }
  }

  return {
    /** One batch of the orders placed in [since, until), oldest first. */
    async batch(range: Parameters<typeof orderDao.listOrdersByTime>[1], token: string): Promise<AuditedOrder[]> {
      const own = await database.transaction(async tx => withTheirRows(tx, await orders.listOrdersByTime(tx, range)))
      const audited: AuditedOrder[] = []
      for (let at = 0; at < own.length; at += askedAtOnce) {
        const some = own.slice(at, at + askedAtOnce)
        audited.push(...(await Promise.all(some.map(it => withPayment(it, token)))))
      }
      return audited
    },

    /** One order that is known to exist, as it is now. */
    async one(orderId: string, token: string): Promise<AuditedOrder> {
      const [own] = await database.transaction(async tx =>
        withTheirRows(tx, [(await orders.findOrderById(tx, orderId))!]),
      )
      return withPayment(own!, token)
    },
  }
}
