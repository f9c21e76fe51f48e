// Clouds and what an export from them costs.
import type { Api } from './api.ts'
import type { CallOptions } from './call-options.ts'
import type { Cloud, CloudCheck, CloudMode, Price } from './models.ts'

export interface NewCloud {
  name: string
  driver: string
  mode: CloudMode
  /** By driver; what is secret in them is never answered. */
  settings?: Record<string, unknown>
}

export interface CloudChanges {
  mode?: CloudMode
  /** Merged into those that are there. */
  settings?: Record<string, unknown>
  enabled?: boolean
}

export class Clouds {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  /** The clouds that users may register with; nobody need be signed in. */
  list(options?: CallOptions): Promise<Cloud[]> {
    return this.#api.ask('listClouds', { options })
  }

  /** Operators. Throws CLOUD_EXISTS. */
  add(cloud: NewCloud, options?: CallOptions): Promise<Cloud> {
    return this.#api.ask('addCloud', { body: cloud, options })
  }

  /** Operators. Throws CLOUD_NOT_FOUND. */
  change(name: string, changes: CloudChanges, options?: CallOptions): Promise<Cloud> {
    return this.#api.ask('changeCloud', { params: { name }, body: changes, options })
  }

  /** Operators: logs in and says what it found; a refused login is an answer. Throws CLOUD_NOT_FOUND. */
  check(name: string, options?: CallOptions): Promise<CloudCheck> {
    return this.#api.ask('checkCloud', { params: { name }, options })
  }

  /** The price of exporting one dataset from each cloud; nobody need be signed in. */
  prices(options?: CallOptions): Promise<Price[]> {
    return this.#api.ask('listPrices', { options })
  }

  /** Operators: the price in minor units, for orders from now on. Throws CLOUD_NOT_FOUND. */
  setPrice(cloud: string, price: Omit<Price, 'cloud'>, options?: CallOptions): Promise<Price> {
    return this.#api.ask('setPrice', { params: { cloud }, body: price, options })
  }
}
