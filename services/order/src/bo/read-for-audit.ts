// Reads what an audit looks at: orders' own rows, all at one moment, their payments and their exports as the services tell
// them that own them.
import type { ExportRecord, OrderIdsBody, Payment, ProcessIdsBody } from '@waybill/contracts'
import type { Database, Db } from '@waybill/platform/db'
import type { Peer } from '@waybill/platform/http'
import type * as orderDao from '../dao/order-dao.ts'
import type * as processDao from '../dao/process-dao.ts'
import type { AuditedOrder } from '../models/audit-rules.ts'
import type { OrderRow } from '../models/order.ts'
import type { OrderTables } from '../models/tables.ts'
import { askInNameOf } from './ask-in-name-of.ts'

interface Needs {
  database: Database<OrderTables>
  orders: typeof orderDao
  processes: typeof processDao
  paymentService: Peer
  dataService: Peer
}

type Own = Omit<AuditedOrder, 'payment' | 'delivery'>

export type ReadForAudit = ReturnType<typeof createReadForAudit>

export function createReadForAudit({ database, orders, processes, paymentService, dataService }: Needs) {
  async function withTheirRows(db: Db<OrderTables>, rows: OrderRow[]): Promise<Own[]> {
    if (rows.length === 0) return []
    const histories = Map.groupBy(
      await orders.listHistory(
        db,
        rows.map(row => row.id),
      ),
      row => row.order_id,
    )
    const found = await processes.findProcessesByIds(
      db,
      rows.map(row => row.process_id),
    )
    const byId = new Map(found.map(process => [process.process_id, process]))
    return rows.map(order => ({
      order,
      history: histories.get(order.id) ?? [],
      process: byId.get(order.process_id),
    }))
  }

  async function withPeerParts(own: Own[], token: string): Promise<AuditedOrder[]> {
    if (own.length === 0) return []
    const ofOrders: OrderIdsBody = { order_ids: own.map(({ order }) => order.id) }
    const ofProcesses: ProcessIdsBody = { process_ids: own.map(({ order }) => order.process_id) }
    const [payments, exports] = await Promise.all([
      askInNameOf<Payment[]>(token, paymentService, 'POST', '/payments/details', ofOrders),
      askInNameOf<ExportRecord[]>(token, dataService, 'POST', '/exports/details', ofProcesses),
    ])
    const paymentOf = new Map(payments.data.map(payment => [payment.order_id, payment]))
    const exportOf = new Map(exports.data.map(it => [it.process_id, it]))
    return own.map(it => ({
      ...it,
      payment: paymentOf.get(it.order.id),
      delivery: exportOf.get(it.order.process_id),
    }))
  }

  return {
    /** Some of the orders placed in [since, until), oldest first; at most a hundred, for that is what peers take at once. */
    async batch(range: Parameters<typeof orderDao.listOrdersByTime>[1], token: string): Promise<AuditedOrder[]> {
      const own = await database.snapshot(async db => withTheirRows(db, await orders.listOrdersByTime(db, range)))
      return withPeerParts(own, token)
    },

    /** Orders of a batch, as they are now. */
    async again(orderIds: string[], token: string): Promise<AuditedOrder[]> {
      if (orderIds.length === 0) return []
      const own = await database.snapshot(async db => withTheirRows(db, await orders.findOrdersByIds(db, orderIds)))
      return withPeerParts(own, token)
    },
  }
}
