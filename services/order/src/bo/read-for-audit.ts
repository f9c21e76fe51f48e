// Reads what an audit looks at: an order's own rows, all at one moment, its payment and its export as the services tell
// them that own them.
import type { ExportRecord, Payment } from '@waybill/contracts'
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
  dataService: Peer
}

type Own = Omit<AuditedOrder, 'payment' | 'delivery'>

const ordersAskedAtOnce = 8

export type ReadForAudit = ReturnType<typeof createReadForAudit>

export function createReadForAudit({ database, orders, processes, paymentService, dataService }: Needs) {
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

  async function withPeerParts(own: Own, token: string): Promise<AuditedOrder> {
    const [payment, delivery] = await Promise.all([
      ask<Payment>(paymentService, `/payment/details?order_id=${own.order.id}`, token),
      ask<ExportRecord>(dataService, `/exports/${own.order.process_id}`, token),
    ])
    return { ...own, payment, delivery }
  }

  return {
    /** One batch of the orders placed in [since, until), oldest first. */
    async batch(range: Parameters<typeof orderDao.listOrdersByTime>[1], token: string): Promise<AuditedOrder[]> {
      const own = await database.transaction(async tx => withTheirRows(tx, await orders.listOrdersByTime(tx, range)))
      const audited: AuditedOrder[] = []
      for (let at = 0; at < own.length; at += ordersAskedAtOnce) {
        const some = own.slice(at, at + ordersAskedAtOnce)
        audited.push(...(await Promise.all(some.map(it => withPeerParts(it, token)))))
      }
      return audited
    },

    /** One order that is known to exist, as it is now. */
    async one(orderId: string, token: string): Promise<AuditedOrder> {
      const [own] = await database.transaction(async tx =>
        withTheirRows(tx, [(await orders.findOrderById(tx, orderId))!]),
      )
      return withPeerParts(own!, token)
    },
  }
}

/** Undefined where there is none. An audit that cannot see a part must not say that all is well. */
async function ask<T>(peer: Peer, path: string, token: string): Promise<T | undefined> {
  const { status, data } = await peer.call<T>('GET', path, { token })
  if (status !== 200 && status !== 404) throw peer.unavailable(`${path} answered ${status}`)
  return status === 200 ? data : undefined
}
