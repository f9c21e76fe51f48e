// A customer of the system under test: signed up, registered with LOCAL, with datasets in their own folder.
import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Manifest, Order, Process, ServiceName } from '@waybill/contracts'
import { largestFileIn } from './largest-file.ts'
import type { Target } from './load/workload.ts'
import { type RunningSystem, serviceOf } from './running-system.ts'
import { operator } from './started-process.ts'

interface Envelope {
  data: unknown
  page?: { next_cursor: string | null }
}

export interface Placed {
  order: Order
  process: Process
}

const waitSeconds = 20
const drainEveryMilliseconds = 50

export class Account {
  readonly id: string
  /** Where the user's datasets are. */
  readonly folder: string
  readonly #system: RunningSystem
  readonly #token: string

  private constructor(system: RunningSystem, token: string, { id, folder }: { id: string; folder: string }) {
    this.#system = system
    this.#token = token
    this.id = id
    this.folder = folder
  }

  static async open(system: RunningSystem): Promise<Account> {
    const stranger = new Account(system, '', { id: '', folder: '' })
    const credentials = { email: `bench-${randomUUID()}@example.com`, password: randomUUID() }
    await stranger.call('POST', '/user', { name: 'Bench', cloud: 'LOCAL', ...credentials })
    const known = new Account(system, await stranger.#signIn(credentials), { id: '', folder: '' })
    const { id, account } = await known.call<{ id: string; account: string }>('GET', '/user/details')
    const folder = join(system.localCloud, account)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return new Account(system, known.#token, { id, folder })
  }

  /** The operator, who reads everything and orders nothing. */
  static async openOperator(system: RunningSystem): Promise<Account> {
    const stranger = new Account(system, '', { id: '', folder: '' })
    return new Account(system, await stranger.#signIn(operator), { id: '', folder: '' })
  }

  /** From now on the datasets are those of another cloud. */
  async registerWith(cloud: string): Promise<void> {
    await this.call('PUT', '/user/cloud', { name: cloud })
  }

  /** The same customer at a system that was started again. */
  at(system: RunningSystem): Account {
    return new Account(system, this.#token, this)
  }

  /** Where load goes: to whom answers for a service. */
  target(service: ServiceName): Target {
    return { port: this.#system.portOf(service), token: this.#token }
  }

  async #signIn(credentials: { email: string; password: string }): Promise<string> {
    const { access_token } = await this.call<{ access_token: string }>('POST', '/authentication', credentials)
    return access_token
  }

  async call<T>(verb: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const { port, token } = this.target(serviceOf(path))
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: verb,
      headers: {
        ...headers,
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${verb} ${path} was answered ${response.status} ${text.slice(0, 500)}`)
    return (JSON.parse(text) as Envelope).data as T
  }

  /** The text of an order's body. */
  static orderOf(dataset: string, format = 'ndjson'): string {
    return JSON.stringify({ items: [{ dataset, format }] })
  }

  place(dataset: string, format = 'ndjson'): Promise<Placed> {
    return this.call('POST', '/user/order', { items: [{ dataset, format }] })
  }

  /** Throws where it has failed. */
  async untilDelivered(processId: string): Promise<Process> {
    for (;;) {
      const path = `/process/${processId}`
      const process = await this.call<Process>('GET', path, undefined, { prefer: `wait=${waitSeconds}` })
      if (process.status === 2) throw new Error(`process ${processId} has failed: ${process.reason}`)
      if (process.status === 1) return process
    }
  }

  /** Until none of this customer's orders is under way any more; one small read asks. Throws where one was cancelled. */
  async untilAllDelivered(everyMilliseconds = drainEveryMilliseconds): Promise<void> {
    while ((await this.call<Process[]>('GET', '/processes?status=0&limit=1')).length > 0) await pause(everyMilliseconds)
    const [failed] = await this.call<Process[]>('GET', '/processes?status=2&limit=1')
    if (failed) throw new Error(`order ${failed.order_id} was cancelled: ${failed.reason}`)
  }

  manifest(processId: string): Promise<Manifest> {
    return this.call('GET', `/data/manifest?process_id=${processId}`)
  }

  /** The size of the largest file that a delivery has so far, finished or not. */
  async deliveredBytes(processId: string): Promise<number> {
    return largestFileIn(this.#deliveryFolder(processId))
  }

  /** Gigabytes of deliveries are of no use to anybody. */
  removeDelivery(processId: string): Promise<void> {
    return rm(this.#deliveryFolder(processId), { recursive: true, force: true })
  }

  #deliveryFolder(processId: string): string {
    return join(this.folder, '.waybill', processId)
  }
}
