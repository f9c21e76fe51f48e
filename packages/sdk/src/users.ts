// Users as operators see them.
import { type Api, splitOptions } from './api.ts'
import type { CallOptions } from './call-options.ts'
import type { ListFilters } from './list-filters.ts'
import type { Role, UserRecord } from './models.ts'
import type { Pages } from './pages.ts'

export interface UserChanges {
  role?: Role
  /** The user's area in their cloud. */
  account?: string
  disabled?: boolean
}

export class Users {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  /** All users, newest first. */
  list(options: ListFilters = {}): Pages<UserRecord> {
    return this.#api.list('listUsers', splitOptions(options))
  }

  /** Throws USER_NOT_FOUND. */
  get(id: string, options?: CallOptions): Promise<UserRecord> {
    return this.#api.ask('showUser', { params: { id }, options })
  }

  /** Throws USER_NOT_FOUND, LAST_OPERATOR. */
  change(id: string, changes: UserChanges, options?: CallOptions): Promise<UserRecord> {
    return this.#api.ask('changeUser', { params: { id }, body: changes, options })
  }
}
