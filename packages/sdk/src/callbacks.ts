// Callbacks as their owner sees them; `@waybill/sdk/callbacks` verifies them where they arrive.
import { type Api, splitOptions } from './api.ts'
import type { CallOptions } from './call-options.ts'
import type { ListFilters } from './list-filters.ts'
import type { CallbackAttempt } from './models.ts'
import type { Pages } from './pages.ts'

export class Callbacks {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  /** Every attempt to call back about a process, newest first. Throws PROCESS_NOT_FOUND. */
  list(processId: string, options: ListFilters = {}): Pages<CallbackAttempt> {
    const { options: call, query } = splitOptions(options)
    return this.#api.list('listCallbacks', { query: { ...query, process_id: processId }, options: call })
  }

  /** Calls back once more, with the same webhook-id. Throws PROCESS_NOT_FOUND, CALLBACK_NOT_FOUND, PROCESS_NOT_FINISHED. */
  resend(processId: string, options?: CallOptions): Promise<{ process_id: string; webhook_id: string }> {
    return this.#api.ask('resendCallback', { params: { process_id: processId }, options })
  }

  /** The secret that the caller's callbacks are signed with, `whsec_…`. */
  async secret(options?: CallOptions): Promise<string> {
    return (await this.#api.ask<{ secret: string }>('showCallbackSecret', { options })).secret
  }

  /** A new secret; for 24 hours the old one signs, too. */
  async rotateSecret(options?: CallOptions): Promise<string> {
    return (await this.#api.ask<{ secret: string }>('rotateCallbackSecret', { options })).secret
  }
}
