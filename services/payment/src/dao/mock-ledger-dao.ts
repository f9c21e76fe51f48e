// The mock gateway's memory, in SQL.
import { type Db, insertRow, type Tx } from '@waybill/platform/db'
import type { MockLedgerRow } from '../models/mock-ledger.ts'
import type { PaymentTables } from '../models/tables.ts'

export function findLedgerEntry(db: Db<PaymentTables>, key: string): Promise<MockLedgerRow | undefined> {
  return db.selectFrom('mock_gateway_ledger').selectAll().where('idempotency_key', '=', key).executeTakeFirst()
}

export async function insertLedgerEntry(tx: Tx<PaymentTables>, row: MockLedgerRow): Promise<void> {
  await insertRow(tx, 'mock_gateway_ledger', row)
}

export async function updateLedgerEntry(tx: Tx<PaymentTables>, row: MockLedgerRow): Promise<void> {
  await tx.updateTable('mock_gateway_ledger').set(row).where('idempotency_key', '=', row.idempotency_key).execute()
}
