// A customer of the whole system, as a client program would be one.
import { randomUUID } from 'node:crypto'
import type { Order, Payment, Process, TokenPair, User } from '@waybill/contracts'
import { call, type Reply, until } from '@waybill/platform/testing'

export const password = 'correct horse battery'

export interface Customer {
  readonly user: User
  readonly token: string
  call<T = unknown>(
    verbAndPath: string,
    options?: { body?: unknown; headers?: Record<string, string> },
  ): Promise<Reply<T>>
  order(body: unknown, headers?: Record<string, string>): Promise<{ order: Order; process: Process }>
  /** Waits until the process of an order is final. */
  finished(processId: string, seconds?: number): Promise<Process>
  payment(orderId: string): Promise<Payment>
}

export async function signIn(url: string, email: string, secret = password): Promise<Customer> {
  const { body } = await call<TokenPair>(url, 'POST /authentication', { body: { email, password: secret } })
  const token = body.data.access_token
  const ask = <T>(verbAndPath: string, options: { body?: unknown; headers?: Record<string, string> } = {}) =>
    call<T>(url, verbAndPath, { ...options, token })
  return {
    user: (await ask<User>('GET /user/details')).body.data,
    token,
    call: ask,
    async order(order, headers) {
      const reply = await ask<{ order: Order; process: Process }>('POST /user/order', { body: order, headers })
      if (reply.status !== 202) throw new Error(`the order was refused: ${reply.text}`)
      return reply.body.data
    },
    finished: (processId, seconds = 20) =>
      until(
        async () => (await ask<Process>(`GET /process/${processId}`, { headers: { Prefer: 'wait=2' } })).body.data,
        process => process.status !== 0,
        seconds,
      ),
    payment: async orderId => (await ask<Payment>(`GET /payment/details?order_id=${orderId}`)).body.data,
  }
}

/** Signs somebody new up and in, registered with `cloud`. */
export async function newCustomer(url: string, cloud: string | undefined = 'LOCAL'): Promise<Customer> {
  const email = `${randomUUID()}@example.com`
  const signUp = () => call(url, 'POST /user', { body: { name: 'Ada', email, password, cloud } })
  // Where services have just been started one may not find the other yet, and says that it helps to try again.
  const { status, text } = await until(signUp, reply => reply.status !== 503, 10)
  if (status !== 201) throw new Error(`signing up was refused: ${text}`)
  return signIn(url, email)
}
