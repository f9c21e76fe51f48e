// Pieces of delivered files in SQL.
import type { Db, Tx } from '@waybill/platform/db'
import type { DeliveryChunkRow } from '../models/delivery-chunk.ts'
import type { DataTables } from '../models/tables.ts'

type FileKey = Pick<DeliveryChunkRow, 'process_id' | 'position'>

export async function addChunk(tx: Tx<DataTables>, row: DeliveryChunkRow): Promise<void> {
  await tx.insertInto('delivery_chunks').values(row).execute()
}

/** The chunk that holds the byte `at`; undefined behind the file's end. */
export function findChunkAt(db: Db<DataTables>, of: FileKey, at: number): Promise<DeliveryChunkRow | undefined> {
  return db
    .selectFrom('delivery_chunks')
    .selectAll()
    .where('process_id', '=', of.process_id)
    .where('position', '=', of.position)
    .where('first_byte', '<=', at)
    .orderBy('first_byte', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** Removes the chunks of a file that begin at or behind the byte `from`. */
export async function removeChunksFrom(tx: Tx<DataTables>, of: FileKey, from: number): Promise<void> {
  await tx
    .deleteFrom('delivery_chunks')
    .where('process_id', '=', of.process_id)
    .where('position', '=', of.position)
    .where('first_byte', '>=', from)
    .execute()
}

export async function removeChunks(tx: Tx<DataTables>, processId: string): Promise<void> {
  await tx.deleteFrom('delivery_chunks').where('process_id', '=', processId).execute()
}
