// Stands between the service and a gateway, and does what networks do: loses requests, loses answers, hangs, breaks down.
import type { PaymentOperation } from '@waybill/contracts'
import type { TestHost } from '@waybill/platform/testing'
import type { Gateway, GatewayRequest } from '../src/gateways/gateway.ts'
import type { MockLedgerRow } from '../src/models/mock-ledger.ts'

/**
 * `outage`: nothing happens, and it is said. `lost`: it happens, the answer is lost. `unreached`: nothing happens, and
 * nobody knows. `hang`: nothing happens and no answer comes. `hang-after`: it happens and no answer comes. `hold`: it happens, the answer
 * waits until it is let go. `refuse`: the gateway says no.
 */
export type Fault = 'none' | 'outage' | 'lost' | 'unreached' | 'hang' | 'hang-after' | 'hold' | 'refuse'

export class FaultyGateway {
  /** What happens to the next calls of each operation, in turn; after them all goes well. */
  readonly faults: Record<PaymentOperation, Fault[]> = { authorize: [], capture: [], void: [], refund: [] }
  /** How many of the next questions get no answer. */
  unanswered = 0
  /** What was asked so far: `inquire authorize`, `authorize`. */
  readonly asked: string[] = []
  readonly #waiting = new Set<() => void>()
  readonly #held = new Set<() => void>()

  readonly wrap = (gateway: Gateway): Gateway => {
    const step = (operation: PaymentOperation) => async (request: GatewayRequest, signal: AbortSignal) => {
      this.#ask(operation)
      const fault = this.faults[operation].shift() ?? 'none'
      if (fault === 'outage') return { outcome: 'failed' as const, error: 'out of order' }
      if (fault === 'refuse') return { outcome: 'declined' as const, code: 'refused' }
      if (fault === 'unreached') throw new Error('connection refused')
      if (fault === 'hang') return never(signal)
      const answer = await gateway[operation](request, signal)
      if (fault === 'lost') throw new Error('connection reset')
      if (fault === 'hang-after') return never(signal)
      if (fault === 'hold') await new Promise<void>(resolve => this.#held.add(resolve))
      return answer
    }
    return {
      ...gateway,
      authorize: step('authorize'),
      capture: step('capture'),
      void: step('void'),
      refund: step('refund'),
      inquire: async (operation, request, signal) => {
        this.#ask(`inquire ${operation}`)
        if (this.unanswered > 0) {
          this.unanswered--
          throw new Error('connection refused')
        }
        return gateway.inquire(operation, request, signal)
      },
    }
  }

  /** Resolves when so much was asked in all. */
  async hasBeenAsked(times: number): Promise<void> {
    while (this.asked.length < times) await new Promise<void>(resolve => this.#waiting.add(resolve))
  }

  /** How many answers wait to be let go. */
  get holding(): number {
    return this.#held.size
  }

  /** Answers that were held arrive now. */
  letGo(): void {
    for (const answer of this.#held) answer()
    this.#held.clear()
  }

  #ask(what: string): void {
    this.asked.push(what)
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }
}

/** Ends only when it is called off. */
function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('called off'))))
}

/** What the mock gateway has done for a payment: read from the other side of the network. */
export async function ledgerOf(host: TestHost, paymentId: string): Promise<MockLedgerRow[]> {
  // The test clock begins anew with each restart, so `at` alone may put a void before what it voids.
  const text = `select * from mock_gateway_ledger where payment_id = ? and outcome = 'succeeded'
    order by case operation when 'authorize' then 0 else 1 end, at`
  return (await host.query('payment', text, paymentId)) as unknown as MockLedgerRow[]
}

/** In how many milliseconds the payment is looked at again; 0 while it is being worked on or when it never is. */
export async function nextLookIn(host: TestHost, paymentId: string): Promise<number> {
  const [row] = await host.query(
    'payment',
    'select due_at from timers where subject = ? and claimed_until = 0',
    paymentId,
  )
  return row ? Math.max(Number(row.due_at) - host.clock.now(), 0) : 0
}
