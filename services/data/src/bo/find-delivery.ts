// Finds the delivery of a process for somebody who may have it: theirs, finished and paid for.
import type { Payment, Process } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import type { Db } from '@waybill/platform/db'
import { type Peer, refuse } from '@waybill/platform/http'
import type * as exportDao from '../dao/export-dao.ts'
import type { ExportWithFiles } from '../models/export.ts'
import type { DataTables } from '../models/tables.ts'

interface Needs {
  db: Db<DataTables>
  exports: typeof exportDao
  orderService: Peer
  paymentService: Peer
}

export type FindDelivery = ReturnType<typeof createFindDelivery>

/** Until order.delivered has told us so, order and payment are asked, in the caller's name. */
export function createFindDelivery({ db, exports, orderService, paymentService }: Needs) {
  return async (processId: string, caller: Principal, token: string): Promise<ExportWithFiles> => {
    const found = await exports.findExportWithFiles(db, processId)
    if (found && found.user_id !== caller.user_id && caller.role !== 'operator') throw notFound(processId)
    if (found?.delivered_at) return found
    const [process, payment] = await Promise.all([
      orderService.call<Process>('GET', `/process/${processId}`, { token }),
      found && paymentService.call<Payment>('GET', `/payment/details?order_id=${found.order_id}`, { token }),
    ])
    if (process.status !== 200) throw notFound(processId)
    refuseUnfinished(process.data)
    const isPaid = payment?.status === 200 && !['declined', 'voided'].includes(payment.data.state)
    if (found?.state !== 'finished' || !isPaid) throw notFinished('the delivery is about to be handed over')
    return found
  }
}

function refuseUnfinished({ status, percentage, reason }: Process): void {
  if (status === 0) throw notFinished(`the process is at ${percentage} %`)
  if (status === 2) throw refuse('PROCESS_FAILED', `the process has failed: ${reason ?? 'no reason was given'}`)
}

function notFinished(detail: string) {
  return refuse('PROCESS_NOT_FINISHED', `${detail}: ask again in a moment`, { headers: { 'Retry-After': '1' } })
}

function notFound(processId: string) {
  return refuse('PROCESS_NOT_FOUND', `there is no process ${processId}`)
}
