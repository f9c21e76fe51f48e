// A gateway that somebody else might write, in its one file: it keeps its books in memory and is told by the token what to do.
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { PaymentOperation } from '@waybill/contracts'
import type { GatewayAnswer, GatewayRequest, GatewayStep, OpenGateway } from '../src/gateways/gateway.ts'

type Entry = Exclude<GatewayAnswer, { outcome: 'failed' }>

const tokens = ['good', 'bad', 'broken', 'lost']
export const thirdSecret = 'a secret that both sides know'
export const thirdMoves: { paymentId: string; operation: PaymentOperation; amount: number }[] = []

export const openGateway: OpenGateway = () => {
  const books = new Map<string, Entry>()

  function enter(operation: PaymentOperation, { idempotencyKey, paymentId, token, amount }: GatewayRequest): Entry {
    const before = books.get(idempotencyKey)
    if (before) return before
    const isDeclined = operation === 'authorize' && token === 'bad'
    const entry: Entry = isDeclined
      ? { outcome: 'declined', code: 'no_money' }
      : { outcome: 'succeeded', reference: `third_${books.size}` }
    if (!isDeclined) thirdMoves.push({ paymentId, operation, amount })
    books.set(idempotencyKey, entry)
    return entry
  }

  const step =
    (operation: PaymentOperation): GatewayStep =>
    async request => {
      const isFirst = operation === 'authorize' && !books.has(request.idempotencyKey)
      if (isFirst && request.token === 'broken' && request.triedBefore < 2) {
        return { outcome: 'failed', error: 'out of order' }
      }
      const entry = enter(operation, request)
      if (isFirst && request.token === 'lost') throw new Error('the answer was lost')
      return entry
    }

  return {
    name: 'third',
    refusalOf: token => (token && tokens.includes(token) ? undefined : `must be one of [${tokens.join(', ')}]`),
    authorize: step('authorize'),
    capture: step('capture'),
    void: step('void'),
    refund: step('refund'),
    inquire: async (_operation, { idempotencyKey }) => books.get(idempotencyKey) ?? { outcome: 'never_seen' },
    verifyWebhook(headers, body) {
      const expected = createHmac('sha256', thirdSecret).update(body).digest()
      const given = Buffer.from(String(headers['third-signature'] ?? ''), 'hex')
      const isSigned = given.length === expected.length && timingSafeEqual(given, expected)
      return isSigned ? { paymentId: body.toString() } : undefined
    },
  }
}
