// Writes down what a gateway calls a step before money moves by it, so that whoever comes later can ask by that name.
import type { Database } from '@waybill/platform/db'
import type * as attemptDao from '../dao/attempt-dao.ts'
import type { PaymentTables } from '../models/tables.ts'

interface Needs {
  database: Database<PaymentTables>
  attempts: typeof attemptDao
}

export type KeepReference = ReturnType<typeof createKeepReference>

export function createKeepReference({ database, attempts }: Needs) {
  /** Answers the reference that stands: the first that came. Throws where the attempt was closed meanwhile. */
  return (orderId: string, attemptId: string, reference: string): Promise<string> =>
    database.transaction(async tx => {
      if (await attempts.keepReference(tx, attemptId, reference)) return reference
      const standing = await attempts.findOpenAttempt(tx, attemptId)
      if (!standing?.gateway_reference) throw new Error(`attempt ${attemptId} was closed by somebody else`)
      return standing.gateway_reference
    }, orderId)
}
