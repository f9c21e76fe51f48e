// A user's signing secret, made when it is first asked for or first needed.
import type { Vault } from '@waybill/platform/auth'
import type { Clock } from '@waybill/platform/clock'
import type { Database } from '@waybill/platform/db'
import type * as callbackDao from '../dao/callback-dao.ts'
import { type CallbackSecretRow, earlierSecrets, newCallbackSecret, sealedFor } from '../models/callback-secret.ts'
import type { OrderTables } from '../models/tables.ts'

interface Needs {
  database: Database<OrderTables>
  callbacks: typeof callbackDao
  vault: Vault
  clock: Clock
}

export interface CallbackSecrets {
  current: string
  /** Those of before that still sign, the newest first. */
  earlier: string[]
}

export type FindCallbackSecret = ReturnType<typeof createFindCallbackSecret>

export function createFindCallbackSecret({ database, callbacks, vault, clock }: Needs) {
  async function make(userId: string): Promise<CallbackSecretRow> {
    const now = clock.now()
    const row: CallbackSecretRow = {
      user_id: userId,
      secret: vault.seal(newCallbackSecret(), sealedFor(userId)),
      earlier: '[]',
      created_at: now,
      updated_at: now,
    }
    return database.transaction(async tx => {
      // Two that need it at once get the same.
      await callbacks.insertSecretOnce(tx, row)
      return (await callbacks.findSecret(tx, userId))!
    })
  }

  return async (userId: string): Promise<CallbackSecrets> => {
    const row = (await callbacks.findSecret(database.db, userId)) ?? (await make(userId))
    return {
      current: vault.open(row.secret, sealedFor(userId)),
      earlier: earlierSecrets(row, clock.now()).map(it => vault.open(it.secret, sealedFor(userId))),
    }
  }
}
