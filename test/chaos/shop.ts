// The trade that goes on while everything breaks: customers order, pay, cancel and repeat themselves, and keep what they were promised.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Order, Process } from '@waybill/contracts'
import { until } from '@waybill/platform/testing'
import { type Customer, newCustomer, password, signIn } from '../system/customer.ts'
import type { CallbackReceiver } from './callback-receiver.ts'
import type { Journal } from './journal.ts'
import { customers, type PlannedOrder, planOrder } from './planned-order.ts'
import { ShopAssistant } from './shop-assistant.ts'

/** An order as its customer knows it. */
export interface PlacedOrder {
  readonly plan: PlannedOrder
  readonly customer: Customer
  /** The ids of the requests that asked for it. */
  readonly requestIds: string[]
  orderId: string | undefined
  processId: string | undefined
  /** A cancel was answered with 200. */
  cancelled: boolean
  placedAt: number
}

export const operatorEmail = 'operator@chaos.example'
/** Milliseconds between two tries of the same request. */
const againAfter = 150
/** So long after the last trouble somebody may still wait for an answer, milliseconds. */
const triesOnFor = 30_000

export class Shop {
  readonly orders: PlacedOrder[] = []
  readonly assistant: ShopAssistant
  readonly customers: Customer[] = []
  readonly #seed: number
  readonly #journal: Journal
  readonly #callbacks: CallbackReceiver
  readonly #errands = new Set<Promise<void>>()
  readonly #secrets = new Map<Customer, Promise<string>>()
  readonly #url: string
  operator!: Customer
  #numbers = 0
  #trading = false
  #trade: Promise<void> = Promise.resolve()
  #closed = false

  constructor(url: string, options: { seed: number; journal: Journal; callbacks: CallbackReceiver }) {
    this.#url = url
    this.#seed = options.seed
    this.#journal = options.journal
    this.#callbacks = options.callbacks
    this.assistant = new ShopAssistant(url, options.journal)
  }

  /** Customers sign up; nothing goes wrong yet. */
  async open(): Promise<void> {
    this.operator = await signIn(this.#url, operatorEmail, password)
    for (let number = 0; number < customers; number++) this.customers.push(await newCustomer(this.#url))
  }

  /** The ids of all orders that were accepted. */
  get accepted(): PlacedOrder[] {
    return this.orders.filter(({ orderId }) => orderId !== undefined)
  }

  nextNumber(): number {
    return this.#numbers++
  }

  startTrade(ordersPerSecond: number): void {
    this.#trading = true
    this.#trade = (async () => {
      while (this.#trading) {
        this.place(planOrder(this.#seed, this.nextNumber()))
        await pause(1_000 / ordersPerSecond)
      }
    })()
  }

  /** No more new orders; what was begun is brought to an end. */
  async stopTrade(): Promise<void> {
    this.#trading = false
    await this.#trade
  }

  /** Waits until the last errand is over; after a while nobody tries again. */
  async close(): Promise<void> {
    const tired = setTimeout(() => {
      this.#closed = true
    }, triesOnFor)
    await until(
      () => this.#errands.size,
      size => size === 0,
      60,
    )
    clearTimeout(tired)
    this.#closed = true
  }

  /** Places an order in the background, and does with it what is planned. */
  place(plan: PlannedOrder): PlacedOrder {
    const order: PlacedOrder = {
      plan,
      customer: this.customers[plan.customer]!,
      ...{ requestIds: [], orderId: undefined, processId: undefined, cancelled: false },
      placedAt: performance.now(),
    }
    this.orders.push(order)
    const errand = this.#serve(order)
      .catch(error => this.#journal.violation('errand', `order ${plan.number}: ${(error as Error).stack}`))
      .finally(() => this.#errands.delete(errand))
    this.#errands.add(errand)
    return order
  }

  async #serve(order: PlacedOrder): Promise<void> {
    const { plan } = order
    const key = plan.keyed ? randomUUID() : undefined
    if (!(await this.#accept(order, key))) return
    const errands: Promise<void>[] = []
    for (let repeat = 0; key !== undefined && repeat < plan.repeats; repeat++) errands.push(this.#repeat(order, key))
    if (plan.payAfter !== undefined) errands.push(this.#pay(order, plan.payAfter))
    if (plan.cancelAfter !== undefined) errands.push(this.#cancel(order, plan.cancelAfter))
    await Promise.all(errands)
  }

  /** With a key it is sent until there is an answer; without one nobody dares to send it twice. */
  async #accept(order: PlacedOrder, key: string | undefined): Promise<boolean> {
    for (let tries = 0; !this.#closed && (tries === 0 || key !== undefined); tries++) {
      if (tries > 0) await pause(againAfter)
      if (await this.#send(order, key)) return true
    }
    return false
  }

  async #repeat(order: PlacedOrder, key: string): Promise<void> {
    while (!this.#closed && !(await this.#send(order, key))) await pause(againAfter)
  }

  /** True once it is accepted. */
  async #send(order: PlacedOrder, key: string | undefined): Promise<boolean> {
    const { plan, customer, requestIds } = order
    const requestId = `chaos-${plan.number}-${requestIds.length}`
    requestIds.push(requestId)
    const secret = await this.#secretOf(customer)
    if (plan.callback) this.#callbacks.trust(plan.number, secret)
    const reply = await this.assistant.ask<{ order: Order; process: Process }>('POST /user/order', {
      token: customer.token,
      headers: { 'X-Request-Id': requestId, ...(key === undefined ? {} : { 'Idempotency-Key': key }) },
      body: {
        items: plan.items,
        payment: paymentOf(plan),
        ...(plan.callback ? { callback_url: this.#callbacks.urlOf(plan.number) } : {}),
      },
      also: key === undefined ? [] : [409],
    })
    if (reply?.status === 409 && reply.body.code !== 'IDEMPOTENCY_IN_PROGRESS') {
      this.#journal.violation('unexpected answer', `order ${plan.number}: ${reply.text}`)
    }
    if (!reply || reply.status === 409) return false
    const { id, process_id } = reply.body.data.order
    if (order.orderId !== undefined && order.orderId !== id) {
      this.#journal.violation('key with two effects', `order ${plan.number} was made as ${order.orderId} and as ${id}`)
    }
    order.orderId = id
    order.processId = process_id
    return true
  }

  async #pay(order: PlacedOrder, after: number): Promise<void> {
    await pause(after)
    const { token } = order.plan
    const body = { order_id: order.orderId, ...(token === undefined ? {} : { token }) }
    const headers = { 'Idempotency-Key': `pay-${order.orderId}` }
    // 409: it was cancelled meanwhile, or the first try is still under way.
    while (!this.#closed) {
      const reply = await this.assistant.ask('POST /payment', {
        token: order.customer.token,
        ...{ headers, body, also: [409] },
      })
      if (reply && reply.body.code !== 'IDEMPOTENCY_IN_PROGRESS') return
      await pause(againAfter)
    }
  }

  async #cancel(order: PlacedOrder, after: number): Promise<void> {
    await pause(after)
    const { token } = order.customer
    const reply = await this.assistant.ask(`POST /order/${order.orderId}/cancel`, { token, also: [409] })
    if (reply?.status === 200) order.cancelled = true
  }

  #secretOf(customer: Customer): Promise<string> {
    let secret = this.#secrets.get(customer)
    if (!secret) {
      secret = this.#askSecret(customer)
      this.#secrets.set(customer, secret)
    }
    return secret
  }

  async #askSecret(customer: Customer): Promise<string> {
    for (;;) {
      const reply = await this.assistant.ask<{ secret: string }>('GET /callbacks/secret', { token: customer.token })
      if (reply) return reply.body.data.secret
      await pause(againAfter)
    }
  }
}

/** Who pays later names the token then. */
function paymentOf({ mode, token }: PlannedOrder): { mode: string; token?: string } {
  return mode === 'later' || token === undefined ? { mode } : { mode, token }
}
