// Gives a user a new signing secret; the one before signs beside it long enough to be replaced everywhere.
import type { Vault } from '@waybill/platform/auth'
import type { Clock } from '@waybill/platform/clock'
import type { Database } from '@waybill/platform/db'
import type * as callbackDao from '../dao/callback-dao.ts'
import { newCallbackSecret, sealedFor } from '../models/callback-secret.ts'
import type { OrderTables } from '../models/tables.ts'
import type { FindCallbackSecret } from './find-callback-secret.ts'

interface Needs {
  database: Database<OrderTables>
  callbacks: typeof callbackDao
  findCallbackSecret: FindCallbackSecret
  vault: Vault
  clock: Clock
}

const bothSignMilliseconds = 24 * 3_600_000

export type RotateCallbackSecret = ReturnType<typeof createRotateCallbackSecret>

export function createRotateCallbackSecret({ database, callbacks, findCallbackSecret, vault, clock }: Needs) {
  return async (userId: string): Promise<string> => {
    const secret = newCallbackSecret()
    const at = clock.now()
    const sealed = vault.seal(secret, sealedFor(userId))
    const rotated = await database.transaction(tx =>
      callbacks.rotateSecret(tx, userId, { secret: sealed, previousExpiresAt: at + bothSignMilliseconds, at }),
    )
    // Where there was none, the first one is as new as can be.
    return rotated ? secret : (await findCallbackSecret(userId)).current
  }
}
