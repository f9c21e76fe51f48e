// What each durable step behind an accepted order writes: the fact, its history, its event, and that the one before was handled.
import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { eventMessage, type FloorOrder, floorUser, price } from './order-rows.ts'

interface Delivered {
  records: number
  bytes: number
  sha256: string
}

/** Each to be called inside of a transaction. */
export function prepareSteps(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql)
  const insertInbox = prepare('insert into inbox values (?, ?)')
  const insertOutbox = prepare('insert into outbox values (?, ?, ?)')
  const insertPayment = prepare('insert into payments values (?, ?, ?, ?, ?, ?, ?, ?)')
  const movePayment = prepare('update payments set state = ?, updated_at = ? where id = ? and state = ?')
  const insertPaymentHistory = prepare('insert into payment_history values (?, ?, ?, ?, ?)')
  const insertAttempt = prepare('insert into payment_attempts values (?, ?, ?, ?, ?, null, ?)')
  const endAttempt = prepare(
    'update payment_attempts set outcome = ?, gateway_reference = ? where payment_id = ? and operation = ?',
  )
  const moveOrder = prepare(
    'update orders set state = ?, version = version + 1, updated_at = ? where id = ? and state = ?',
  )
  const insertHistory = prepare('insert into order_history values (?, ?, ?, ?, null, ?, ?)')
  const moveProcess = prepare('update user_processes set step = ?, updated_at = ? where process_id = ? and status = 0')
  const endProcess = prepare(
    'update user_processes set status = 1, percentage = 100, step = ?, updated_at = ?, finished_at = ? where process_id = ? and status = 0',
  )
  const closeTimer = prepare('delete from timers where kind = ? and subject = ?')
  const insertTimer = prepare('insert into timers values (?, ?, ?, 0, 0, null, 0)')
  const insertExport = prepare('insert into exports values (?, ?, ?, ?, ?, ?)')
  const insertFile = prepare('insert into export_files values (?, 0, ?, ?, 0, 0, null, ?)')
  const endFile = prepare(
    'update export_files set records = ?, bytes = ?, sha256 = ?, updated_at = ? where process_id = ?',
  )
  const endExport = prepare('update exports set state = ?, updated_at = ? where process_id = ? and state = ?')

  const publish = (type: string, order: FloorOrder, facts: Record<string, unknown> = {}) =>
    insertOutbox.run(randomUUID(), eventMessage(type, order, facts), Date.now())
  const handled = (at: number) => insertInbox.run(randomUUID(), at)

  return {
    attemptAuthorization({ id }: FloorOrder, paymentId: string): void {
      const at = Date.now()
      handled(at)
      insertPayment.run(paymentId, id, floorUser, 'pending', price.amount, price.currency, at, at)
      insertAttempt.run(randomUUID(), paymentId, 'authorize', 'unknown', price.amount, at)
    },
    authorize(order: FloorOrder, paymentId: string): void {
      const at = Date.now()
      endAttempt.run('succeeded', randomUUID(), paymentId, 'authorize')
      movePayment.run('authorized', at, paymentId, 'pending')
      insertPaymentHistory.run(randomUUID(), paymentId, 'pending', 'authorized', at)
      publish('payment.authorized', order, { payment_id: paymentId, ...price })
    },
    confirm(order: FloorOrder): void {
      const at = Date.now()
      handled(at)
      moveOrder.run('confirmed', at, order.id, 'created')
      insertHistory.run(order.id, 2, 'created', 'confirmed', at, order.id)
      moveProcess.run('exporting', at, order.processId)
      closeTimer.run('payment-window', order.id)
      insertTimer.run('processing-window', order.id, at)
      publish('order.confirmed', order, { items: order.items })
    },
    beginExport({ id, processId, items }: FloorOrder): void {
      const at = Date.now()
      handled(at)
      insertExport.run(processId, id, floorUser, 'running', at, at)
      insertFile.run(processId, items[0]!.dataset, items[0]!.format, at)
    },
    finishExport(order: FloorOrder, { records, bytes, sha256 }: Delivered): void {
      const at = Date.now()
      endFile.run(records, bytes, sha256, at, order.processId)
      endExport.run('finished', at, order.processId, 'running')
      publish('export.finished', order, { files: 1, records, bytes })
    },
    deliver(order: FloorOrder): void {
      const at = Date.now()
      handled(at)
      moveOrder.run('delivered', at, order.id, 'confirmed')
      insertHistory.run(order.id, 3, 'confirmed', 'delivered', at, order.id)
      endProcess.run('delivered', at, at, order.processId)
      closeTimer.run('processing-window', order.id)
      publish('order.delivered', order, price)
    },
    attemptCapture(paymentId: string): void {
      const at = Date.now()
      handled(at)
      insertAttempt.run(randomUUID(), paymentId, 'capture', 'unknown', price.amount, at)
    },
    capture(order: FloorOrder, paymentId: string): void {
      const at = Date.now()
      endAttempt.run('succeeded', randomUUID(), paymentId, 'capture')
      movePayment.run('captured', at, paymentId, 'authorized')
      insertPaymentHistory.run(randomUUID(), paymentId, 'authorized', 'captured', at)
      publish('payment.captured', order, { payment_id: paymentId, ...price })
    },
  }
}
