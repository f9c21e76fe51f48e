// The signed-in user.
import type { Api } from './api.ts'
import type { CallOptions } from './call-options.ts'
import type { User } from './models.ts'

export interface DetailsChanges {
  name?: string
  /** 10–128 characters; needs the current one, and ends the user's other sessions. */
  password?: string
  current_password?: string
}

export class Me {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  details(options?: CallOptions): Promise<User> {
    return this.#api.ask('showUserDetails', { options })
  }

  /** Throws WRONG_PASSWORD. */
  change(changes: DetailsChanges, options?: CallOptions): Promise<User> {
    return this.#api.ask('changeUserDetails', { body: changes, options })
  }

  /** Registers the user with a cloud; orders and data are that cloud's from then on. Throws UNKNOWN_CLOUD, CLOUD_NOT_ENABLED. */
  registerCloud(name: string, options?: CallOptions): Promise<User> {
    return this.#api.ask('registerCloud', { body: { name }, options })
  }
}
