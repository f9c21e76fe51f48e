// Stands for Stripe's API: the calls that our gateway makes, with Stripe's errors, its memory of idempotency keys, and what networks do to them.
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { PaymentOperation } from '@waybill/contracts'

export const stripeCalls = ['create', 'confirm', 'capture', 'cancel', 'refund', 'retrieve', 'list'] as const
export type StripeCall = (typeof stripeCalls)[number]

/**
 * A number: that status, and nothing happens. `error`: 500, nothing happens, and the key remembers it; `error-after`: it
 * happens, then the same. `cut`, `hang`: nothing happens, the connection is cut or nothing comes; with `-after` it happens first.
 */
export type StripeFault = 401 | 429 | 502 | 503 | 'error' | 'error-after' | 'cut' | 'cut-after' | 'hang' | 'hang-after'

interface Intent {
  id: string
  object: 'payment_intent'
  amount: number
  currency: string
  status: string
  payment_method: string | null
  metadata: Record<string, string>
  last_payment_error: Problem | null
  client_secret: string
}
interface Refund {
  id: string
  object: 'refund'
  amount: number
  payment_intent: string
  status: string
  metadata: Record<string, string>
}
interface Problem {
  type: string
  code?: string
  decline_code?: string
  message: string
  param?: string
}
interface Result {
  status: number
  body: unknown
}
interface Kept {
  asked: string
  requestId: string
  /** Undefined while it runs. */
  result?: Result
}

/** What Stripe's test cards do, by the names that Stripe gives them. */
const cards: Record<string, Partial<Problem>> = {
  visa: {},
  chargeDeclined: { code: 'card_declined', decline_code: 'generic_decline' },
  visa_chargeDeclinedInsufficientFunds: { code: 'card_declined', decline_code: 'insufficient_funds' },
  visa_chargeDeclinedLostCard: { code: 'card_declined', decline_code: 'lost_card' },
  chargeDeclinedExpiredCard: { code: 'expired_card' },
  authenticationRequired: { code: 'requires_action_not_handled' },
}
/** A card whose intent asks its customer to act, whatever we say. */
const stubbornCard = 'pm_card_threeDSecureRequired'

export class FakeStripe {
  readonly key = 'sk_test_fake'
  /** What happens to the next calls of each kind, in turn; after them all goes well. */
  readonly faults = Object.fromEntries(stripeCalls.map(call => [call, []])) as unknown as Record<
    StripeCall,
    StripeFault[]
  >
  /** Every call that came, with its Idempotency-Key. */
  readonly asked: { call: StripeCall; key: string | undefined; body: Record<string, string> }[] = []
  /** Where money was moved, oldest first. */
  readonly moves: { paymentId: string; operation: PaymentOperation; amount: number; key: string }[] = []
  readonly intents = new Map<string, Intent>()
  readonly refunds: Refund[] = []
  readonly #kept = new Map<string, Kept>()
  readonly #server = createServer((request, response) => void this.#serve(request, response))

  async start(): Promise<this> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise(resolve => this.#server.close(() => resolve()))
  }

  get url(): string {
    const { port } = this.#server.address() as { port: number }
    return `http://127.0.0.1:${port}`
  }

  /** As after a day: the keys are forgotten, the books are not. */
  forgetKeys(): void {
    this.#kept.clear()
  }

  /** The intent of a payment that was created last. */
  intentOf(paymentId: string): Intent {
    return [...this.intents.values()].findLast(({ metadata }) => metadata.waybill_payment_id === paymentId)!
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.url)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    const body = Object.fromEntries(new URLSearchParams(request.method === 'GET' ? url.search : text))
    const call = callOf(request.method ?? '', url.pathname)
    const key = request.headers['idempotency-key'] as string | undefined
    const id = url.pathname.split('/')[3] ?? ''
    this.asked.push({ call, key, body })
    const requestId = `req_${randomUUID().slice(0, 8)}`
    if (request.headers.authorization !== `Bearer ${this.key}`) {
      return send(response, requestId, bad(401, { message: 'Invalid API Key provided: sk_test_****' }))
    }
    const fault = this.faults[call].shift()
    if (typeof fault === 'number') return send(response, requestId, bad(fault, { type: 'api_error', message: 'busy' }))
    if (fault === 'cut') return void request.socket.destroy()
    if (fault === 'hang') return
    const { result, headers } = await this.#once({ call, key, id, body, requestId }, fault)
    if (fault === 'cut-after') return void request.socket.destroy()
    if (fault === 'hang-after') return
    send(response, requestId, result, headers)
  }

  /** Under one key the same is done once, and answered alike (docs.stripe.com/api/idempotent_requests). */
  async #once(
    asked: { call: StripeCall; key: string | undefined; id: string; body: Record<string, string>; requestId: string },
    fault: StripeFault | undefined,
  ): Promise<{ result: Result; headers?: Record<string, string> }> {
    const { call, key, id, body, requestId } = asked
    if (key === undefined) return { result: this.#do(call, id, body, '') }
    const what = JSON.stringify([call, id, body])
    const kept = this.#kept.get(key)
    if (kept && kept.asked !== what) {
      return {
        result: bad(400, { type: 'idempotency_error', message: 'Keys can only be used with the same parameters' }),
      }
    }
    if (kept && !kept.result) {
      return { result: bad(409, { type: 'idempotency_error', code: 'idempotency_key_in_use', message: 'in use' }) }
    }
    if (kept?.result) {
      return {
        result: kept.result,
        headers: { 'Idempotent-Replayed': 'true', 'Original-Request': kept.requestId },
      }
    }
    const fresh: Kept = { asked: what, requestId }
    this.#kept.set(key, fresh)
    await pause(2)
    const done = fault === 'error' ? undefined : this.#do(call, id, body, key)
    const broken = fault === 'error' || fault === 'error-after'
    fresh.result = broken || !done ? bad(500, { type: 'api_error', message: 'an error on our side' }) : done
    return { result: fresh.result }
  }

  #do(call: StripeCall, id: string, body: Record<string, string>, key: string): Result {
    if (call === 'create') return this.#create(body)
    if (call === 'refund') return this.#refund(body, key)
    if (call === 'list') {
      const data = this.refunds.filter(refund => refund.payment_intent === body.payment_intent).toReversed()
      return good({ object: 'list', data, has_more: false, url: '/v1/refunds' })
    }
    const intent = this.intents.get(id)
    if (!intent) {
      return bad(404, { code: 'resource_missing', param: 'intent', message: `No such payment_intent: '${id}'` })
    }
    if (call === 'confirm') return this.#confirm(intent, body, key)
    if (call === 'capture') return this.#move(intent, 'capture', ['requires_capture'], 'succeeded', key)
    if (call === 'cancel') {
      const open = ['requires_capture', 'requires_confirmation', 'requires_payment_method', 'requires_action']
      return this.#move(intent, 'void', open, 'canceled', key)
    }
    return good(intent)
  }

  #create(body: Record<string, string>): Result {
    const method = body.payment_method ?? body['payment_method_data[card][token]'] ?? null
    if (method !== null && method !== stubbornCard && !cardOf(method)) {
      const message = `No such PaymentMethod: '${method}'`
      return bad(400, { code: 'resource_missing', param: 'payment_method', message })
    }
    if (Number(body.amount) < 50) return bad(400, { code: 'amount_too_small', param: 'amount', message: 'too small' })
    const id = `pi_${randomUUID().replaceAll('-', '')}`
    const intent: Intent = {
      id,
      object: 'payment_intent',
      amount: Number(body.amount),
      currency: body.currency ?? '',
      status: 'requires_confirmation',
      payment_method: method,
      metadata: metadataIn(body),
      last_payment_error: null,
      client_secret: `${id}_secret_of_a_customer`,
    }
    this.intents.set(id, intent)
    return good(intent)
  }

  #confirm(intent: Intent, body: Record<string, string>, key: string): Result {
    const method = intent.payment_method ?? ''
    if (intent.status === 'requires_confirmation' && method === stubbornCard) {
      intent.status = 'requires_action'
      return good(intent)
    }
    const { code, decline_code } = cardOf(method) ?? {}
    const declines = code !== 'requires_action_not_handled' || body.error_on_requires_action === 'true'
    if (intent.status === 'requires_confirmation' && code !== undefined && declines) {
      const problem = { type: 'card_error', code, decline_code, message: 'Your card was declined.' }
      Object.assign(intent, { status: 'requires_payment_method', last_payment_error: problem })
      return bad(402, { ...problem, payment_intent: { ...intent } })
    }
    return this.#move(intent, 'authorize', ['requires_confirmation'], 'requires_capture', key)
  }

  #move(intent: Intent, operation: PaymentOperation, from: string[], to: string, key: string): Result {
    if (!from.includes(intent.status)) {
      const message = `This PaymentIntent could not be changed because it has a status of ${intent.status}`
      return bad(400, { code: 'payment_intent_unexpected_state', message, payment_intent: { ...intent } })
    }
    const movesMoney = operation !== 'void' || intent.status === 'requires_capture'
    intent.status = to
    const { amount, metadata } = intent
    if (movesMoney) this.moves.push({ paymentId: metadata.waybill_payment_id ?? '', operation, amount, key })
    return good(intent)
  }

  #refund(body: Record<string, string>, key: string): Result {
    const intent = this.intents.get(body.payment_intent ?? '')
    if (intent?.status !== 'succeeded') return bad(400, { message: 'This PaymentIntent has no successful charge' })
    const amount = Number(body.amount)
    const refunds = this.refunds.filter(refund => refund.payment_intent === intent.id && refund.status !== 'failed')
    const left = intent.amount - refunds.reduce((sum, refund) => sum + refund.amount, 0)
    if (left === 0) return bad(400, { code: 'charge_already_refunded', message: 'has already been refunded' })
    if (amount > left) return bad(400, { param: 'amount', message: `${amount} is greater than ${left}` })
    const id = `re_${randomUUID().replaceAll('-', '')}`
    const metadata = metadataIn(body)
    const refund: Refund = { id, object: 'refund', amount, payment_intent: intent.id, status: 'succeeded', metadata }
    this.refunds.push(refund)
    this.moves.push({ paymentId: metadata.waybill_payment_id ?? '', operation: 'refund', amount, key })
    return good(refund)
  }
}

function callOf(method: string, path: string): StripeCall {
  const [, , resource, id, action] = path.split('/')
  if (resource === 'refunds') return method === 'GET' ? 'list' : 'refund'
  if (method === 'GET') return 'retrieve'
  return id === undefined ? 'create' : (stripeCalls.find(call => call === action) ?? 'create')
}

function cardOf(method: string): Partial<Problem> | undefined {
  return cards[method.replace(/^(pm_card|tok)_/, '')]
}

function metadataIn(body: Record<string, string>): Record<string, string> {
  const entries = Object.entries(body).flatMap(([name, value]) => {
    const inner = /^metadata\[(.+)\]$/.exec(name)?.[1]
    return inner === undefined ? [] : [[inner, value] as const]
  })
  return Object.fromEntries(entries)
}

const good = (of: object): Result => ({ status: 200, body: structuredClone(of) })

function bad(status: number, problem: Partial<Problem> & { message: string; payment_intent?: Intent }): Result {
  return { status, body: { error: { type: 'invalid_request_error', ...problem } } }
}

function send(
  response: ServerResponse,
  requestId: string,
  { status, body }: Result,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Request-Id': requestId, ...headers })
  response.end(JSON.stringify(body))
}
