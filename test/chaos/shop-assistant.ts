// Calls the installation as a client does, and knows which answers a client may get while things go wrong.
import { call, type Reply } from '@waybill/platform/testing'
import type { Journal } from './journal.ts'

export interface Asked {
  token?: string
  body?: unknown
  headers?: Record<string, string>
  /** Statuses that are right for this call, beside 2xx. */
  also?: number[]
}

/** A client's patience, milliseconds: longer than a process stands still or an engine is away. */
const patience = 20_000

export class ShopAssistant {
  readonly #url: string
  readonly #journal: Journal
  /** Answers by status, and the calls that had none. */
  readonly answers = new Map<string, number>()

  constructor(url: string, journal: Journal) {
    this.#url = url
    this.#journal = journal
  }

  /** Undefined where nobody can tell what became of it: no answer, or one that says to come again. */
  async ask<T>(verbAndPath: string, { also = [], ...options }: Asked = {}): Promise<Reply<T> | undefined> {
    let reply: Reply<T>
    try {
      reply = await call<T>(this.#url, verbAndPath, { ...options, signal: AbortSignal.timeout(patience) })
    } catch (error) {
      this.#count('no answer')
      this.#journal.note(`${verbAndPath}: no answer (${(error as Error).cause ?? error})`)
      return undefined
    }
    this.#count(String(reply.status))
    if (reply.status < 300 || also.includes(reply.status)) return reply
    if (this.#meansAgain(reply)) {
      this.#journal.note(`${verbAndPath}: ${reply.status} ${reply.body?.code ?? 'from the balancer'}`)
      return undefined
    }
    this.#journal.violation('unexpected answer', `${verbAndPath}: ${reply.status} ${reply.text.slice(0, 500)}`)
    return undefined
  }

  #meansAgain({ status, headers }: Reply): boolean {
    if (status === 503) return true
    // Every answer of Waybill carries its request's id; the balancer speaks for itself where it finds nobody.
    return (status === 502 || status === 504) && !headers.has('x-request-id')
  }

  #count(answer: string): void {
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1)
  }
}
