// Keeps deliveries in our own database, for clouds that cannot be written to: processes share no files.
import type { Database } from '@waybill/platform/db'
import type * as chunkDao from '../dao/delivery-chunk-dao.ts'
import type { DataTables } from '../models/tables.ts'
import type { ExportTask } from './cloud.ts'
import { CloudRefused, UploadLost } from './cloud-error.ts'
import type { Upload, UploadTarget } from './upload.ts'

interface FileKey {
  processId: string
  /** Of the file in its delivery. */
  position: number
}

export interface DeliveryStore {
  write(task: ExportTask): UploadTarget
  /** Both inclusive. */
  read(file: FileKey, start: number, end: number): AsyncIterable<Uint8Array>
  remove(processId: string): Promise<void>
}

/** MySQL takes 16 MiB in a packet by default, and no transaction should hold up the others for long. */
const chunkBytes = 1024 * 1024

export function createDeliveryStore(database: Database<DataTables>, chunks: typeof chunkDao): DeliveryStore {
  const { db } = database

  async function* read({ processId, position }: FileKey, start: number, end: number): AsyncIterable<Uint8Array> {
    for (let at = start; at <= end; ) {
      const chunk = await chunks.findChunkAt(db, { process_id: processId, position }, at)
      const from = at - (chunk?.first_byte ?? 0)
      if (!chunk || from >= chunk.bytes.length) throw new CloudRefused('the delivered file is not there any more')
      const piece = chunk.bytes.subarray(from, Math.min(chunk.bytes.length, end + 1 - chunk.first_byte))
      at += piece.length
      yield piece
    }
  }

  function upload(task: ExportTask, already: number): Upload {
    let bytes = already
    return {
      leastPartBytes: 0,
      partsAtOnce: 1,
      append: async ({ pieces, release }) => {
        const whole = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
        for (let at = 0; at < whole.length; at += chunkBytes) {
          const piece = whole.subarray(at, at + chunkBytes)
          const row = { process_id: task.processId, position: task.position, first_byte: bytes, bytes: piece }
          await database.transaction(async tx => {
            await task.assertHeld(tx)
            await chunks.addChunk(tx, row)
          })
          bytes += piece.length
        }
        release()
      },
      settle: async () => null,
      complete: async () => {},
      close: async () => {},
    }
  }

  const clearFrom = (task: ExportTask, bytes: number) =>
    database.transaction(async tx => {
      await task.assertHeld(tx)
      await chunks.removeChunksFrom(tx, { process_id: task.processId, position: task.position }, bytes)
    })

  return {
    read,
    write: task => ({
      begin: async () => {
        await clearFrom(task, 0)
        return upload(task, 0)
      },
      resume: async (_state, bytes) => {
        await clearFrom(task, bytes)
        const last = await chunks.findChunkAt(db, { process_id: task.processId, position: task.position }, bytes - 1)
        if (!last || last.first_byte + last.bytes.length !== bytes) throw new UploadLost('chunks are missing')
        return upload(task, bytes)
      },
    }),
    remove: processId => database.transaction(tx => chunks.removeChunks(tx, processId)),
  }
}
