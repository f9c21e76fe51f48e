// The mock gateway's memory, in SQL.
import { type Db, insertRow, prepared, type Tx } from '@waybill/platform/db'
import type { MockLedgerRow } from '../models/mock-ledger.ts'
import type { PaymentTables } from '../models/tables.ts'

const ledgerEntry = prepared(
  (db: Db<PaymentTables>, { key }: { key: string }) =>
    db.selectFrom('mock_gateway_ledger').selectAll().where('idempotency_key', '=', key),
  { by: 'key' },
)

export function findLedgerEntry(db: Db<PaymentTables>, key: string): Promise<MockLedgerRow | undefined> {
  return ledgerEntry.first(db, { key })
}

/** False where the key is there already. */
export async function addLedgerEntry(tx: Tx<PaymentTables>, row: MockLedgerRow): Promise<boolean> {
  return (await insertRow(tx, 'mock_gateway_ledger', row, { orIgnore: true })) === 1n
}

export async function updateLedgerEntry(tx: Tx<PaymentTables>, row: MockLedgerRow): Promise<void> {
  await tx.updateTable('mock_gateway_ledger').set(row).where('idempotency_key', '=', row.idempotency_key).execute()
}
