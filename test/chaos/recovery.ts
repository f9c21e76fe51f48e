// How soon work goes on after a restart: the time until every order that could move has moved.
import { setTimeout as pause } from 'node:timers/promises'
import { type Books, readOrders } from './books.ts'
import type { Journal } from './journal.ts'
import { movesWithoutPause } from './planned-order.ts'
import { isSettled, signatureOf } from './saga-positions.ts'
import type { PlacedOrder, Shop } from './shop.ts'

/** Often enough for a limit of seconds, seldom enough that looking takes little from those who recover. */
const lookEvery = 100
const givenUpAfter = 20_000

export class Recoveries {
  /** Milliseconds from the restarted process being ready until the last waiting order had moved. */
  readonly milliseconds: number[] = []
  readonly #books: Books
  readonly #shop: Shop
  readonly #journal: Journal
  readonly #movingWithin: number

  constructor(needs: { books: Books; shop: Shop; journal: Journal; movingWithin: number }) {
    this.#books = needs.books
    this.#shop = needs.shop
    this.#journal = needs.journal
    this.#movingWithin = needs.movingWithin
  }

  /** Call when the last killed process is ready. Answers how many orders were waiting. */
  async measure(what: string): Promise<number> {
    const readyAt = performance.now()
    const waiting = new Map<string, string>()
    const candidates = new Map(this.#shop.accepted.filter(canMove).map(order => [order.orderId!, order]))
    for (const order of await readOrders(this.#books, [...candidates.keys()])) {
      // A callback that was refused, and an export that is over and to be tidied up, have times of their own.
      if (!isSettled(order) && order.callback !== 'waiting') waiting.set(order.orderId, signatureOf(order))
    }
    const count = waiting.size
    let last = ''
    while (waiting.size > 0 && performance.now() - readyAt < givenUpAfter) {
      await pause(lookEvery)
      for (const order of await readOrders(this.#books, [...waiting.keys()])) {
        const before = waiting.get(order.orderId)!
        if (signatureOf(order) === before) continue
        waiting.delete(order.orderId)
        last = `${order.orderId} (${before})`
      }
    }
    const took = performance.now() - readyAt
    if (count === 0) return 0
    this.milliseconds.push(took)
    this.#journal.note(`${count} orders were moving again ${Math.round(took)} ms after ${what}, the last ${last}`)
    if (took > this.#movingWithin) {
      const stuck = [...waiting].map(([id, signature]) => `${id} (${signature})`).join('; ')
      const slow = stuck ? `not yet: ${stuck}` : `the last ${last}`
      this.#journal.violation('slow recovery', `${Math.round(took)} ms after ${what}; ${slow}`)
    }
    return count
  }
}

function canMove({ plan }: PlacedOrder): boolean {
  return movesWithoutPause(plan)
}
