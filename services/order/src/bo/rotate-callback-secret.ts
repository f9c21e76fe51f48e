// Gives a user a new signing secret; those of before sign beside it long enough to be replaced everywhere.
import type { Vault } from '@waybill/platform/auth'
import type { Clock } from '@waybill/platform/clock'
import type { Database } from '@waybill/platform/db'
import type * as callbackDao from '../dao/callback-dao.ts'
import { newCallbackSecret, rotated, sealedFor } from '../models/callback-secret.ts'
import type { OrderTables } from '../models/tables.ts'
import type { FindCallbackSecret } from './find-callback-secret.ts'

interface Needs {
  database: Database<OrderTables>
  callbacks: typeof callbackDao
  findCallbackSecret: FindCallbackSecret
  vault: Vault
  clock: Clock
}

export type RotateCallbackSecret = ReturnType<typeof createRotateCallbackSecret>

export function createRotateCallbackSecret({ database, callbacks, findCallbackSecret, vault, clock }: Needs) {
  return async (userId: string): Promise<string> => {
    const secret = newCallbackSecret()
    const sealed = vault.seal(secret, sealedFor(userId))
    const isRotated = await database.transaction(async tx => {
      const row = await callbacks.lockSecret(tx, userId)
      if (row) await callbacks.changeSecret(tx, userId, rotated(row, sealed, clock.now()))
      return row !== undefined
    })
    // Where there was none, the first one is as new as can be.
    return isRotated ? secret : (await findCallbackSecret(userId)).current
  }
}
