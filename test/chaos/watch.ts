// Customers who look on: what they see of a process only ever moves forward.
import { setTimeout as pause } from 'node:timers/promises'
import type { Process } from '@waybill/contracts'
import type { Journal } from './journal.ts'
import type { Shop } from './shop.ts'

interface Seen {
  status: number
  percentage: number
}

const lookEvery = 250

export class Watch {
  readonly #shop: Shop
  readonly #journal: Journal
  readonly #seen = new Map<string, Seen>()
  #watching = false
  #looking: Promise<unknown> = Promise.resolve()

  constructor(shop: Shop, journal: Journal) {
    this.#shop = shop
    this.#journal = journal
  }

  start(): void {
    this.#watching = true
    this.#looking = Promise.all(
      this.#shop.customers.map(async ({ token }) => {
        while (this.#watching) {
          await this.#look(token)
          await pause(lookEvery)
        }
      }),
    )
  }

  async stop(): Promise<void> {
    this.#watching = false
    await this.#looking
  }

  async #look(token: string): Promise<void> {
    const reply = await this.#shop.assistant.ask<Process[]>('GET /processes?limit=100', { token })
    for (const process of reply?.body.data ?? []) this.#compare(process)
  }

  #compare({ process_id: id, status, percentage }: Process): void {
    const before = this.#seen.get(id)
    this.#seen.set(id, { status, percentage })
    if (before && percentage < before.percentage) {
      this.#journal.violation('percentage went down', `process ${id}: ${before.percentage}, then ${percentage}`)
    }
    if (before && before.status !== 0 && status !== before.status) {
      this.#journal.violation('final status changed', `process ${id}: ${before.status}, then ${status}`)
    }
    if ((percentage === 100) !== (status === 1)) {
      this.#journal.violation('percentage and status', `process ${id} has status ${status} at ${percentage} %`)
    }
  }
}
