// Customers who do what customers do, one call after the other, and remember every answer that they should not have got.
import { setTimeout as pause } from 'node:timers/promises'
import type { Order, Process } from '@waybill/contracts'
import { until } from '@waybill/platform/testing'
import { type Customer, newCustomer } from './customer.ts'

export interface Load {
  /** How many calls were answered as they should be. */
  answered(): number
  /** Orders that were accepted. */
  readonly accepted: { customer: Customer; order: Order; process: Process }[]
  /** Calls that failed or were answered with anything else than what was expected: a line each. */
  readonly failures: string[]
  /** Ends after the calls under way. */
  stop(): Promise<void>
}

/** As people do, and so that what they are to notice has a processor too. */
const pauseMilliseconds = 25

/** `customers` at once, each again and again. */
export async function startLoad(url: string, customers: number): Promise<Load> {
  const accepted: Load['accepted'] = []
  const failures: string[] = []
  let answered = 0
  let stopping = false

  async function expectStatus<T>(customer: Customer, status: number, verbAndPath: string, body?: unknown) {
    await pause(pauseMilliseconds)
    const startedAt = new Date().toISOString()
    try {
      const reply = await customer.call<T>(verbAndPath, { body })
      if (reply.status === status) {
        answered++
        return reply
      }
      failures.push(`${startedAt} ${verbAndPath}: ${reply.status} ${reply.text.slice(0, 300)}`)
    } catch (error) {
      failures.push(`${startedAt} ${verbAndPath}: ${(error as Error).cause ?? error}`)
    }
    return undefined
  }

  async function work(customer: Customer): Promise<void> {
    while (!stopping) {
      const placed = await expectStatus<{ order: Order; process: Process }>(customer, 202, 'POST /user/order', {
        items: [{ dataset: 'airports' }],
        payment: { token: 'tok_approve' },
      })
      if (!placed) continue
      const { order, process } = placed.body.data
      accepted.push({ customer, order, process })
      await expectStatus(customer, 200, `GET /process/${process.process_id}`)
      await expectStatus(customer, 200, `GET /order/${order.id}`)
      await expectStatus(customer, 200, 'GET /orders?limit=5')
      await expectStatus(customer, 200, `GET /payments?limit=5`)
      await expectStatus(customer, 200, 'GET /data?dataset=airports&limit=20')
      await expectStatus(customer, 200, 'GET /user/details')
    }
  }

  const people = await Promise.all(Array.from({ length: customers }, () => newCustomer(url)))
  const working = people.map(work)
  return {
    answered: () => answered,
    accepted,
    failures,
    async stop() {
      stopping = true
      await Promise.all(working)
    },
  }
}

/** Resolves when so many more calls were answered. */
export async function untilAnswered(answered: () => number, more: number): Promise<void> {
  const before = answered()
  await until(answered, count => count >= before + more, 60)
}
