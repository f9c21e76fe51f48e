// What every gateway must do, run on each of them: the mock, and those of real vendors.
import { expect, test } from 'vitest'
import type { Gateway, GatewayRequest } from '../src/gateways/gateway.ts'

export interface GatewayUnderTest {
  gateway(): Gateway
  tokens: { approved: string; declined: string; malformed: string }
  /** A request about a new payment, with a key that was never used. */
  request(facts: Partial<GatewayRequest>): GatewayRequest
}

const signal = new AbortController().signal

export function testGateway({ gateway, tokens, request }: GatewayUnderTest): void {
  async function authorize(): Promise<{ of: GatewayRequest; reference: string }> {
    const of = request({ token: tokens.approved })
    const answer = await gateway().authorize(of, signal)
    if (answer.outcome !== 'succeeded') throw new Error(`not authorized: ${JSON.stringify(answer)}`)
    return { of, reference: answer.reference }
  }

  test('a good token is authorized, with a reference to speak of it later', async () => {
    const { reference } = await authorize()
    expect(reference).not.toBe('')
  })

  test('a bad token is declined, with a code that says why', async () => {
    const answer = await gateway().authorize(request({ token: tokens.declined }), signal)
    expect(answer).toEqual({ outcome: 'declined', code: expect.stringMatching(/^[a-z_]+$/) })
  })

  test('the same request twice is done once and answered alike', async () => {
    const { of, reference } = await authorize()
    expect(await gateway().authorize(of, signal)).toEqual({ outcome: 'succeeded', reference })
  })

  test.each(['capture', 'void'] as const)('an authorization can be followed by a %s, once', async operation => {
    const { of, reference } = await authorize()
    const next = request({ paymentId: of.paymentId, orderId: of.orderId, authorization: reference })
    const first = await gateway()[operation](next, signal)
    expect(first.outcome).toBe('succeeded')
    expect(await gateway()[operation](next, signal)).toEqual(first)
  })

  test('what was captured can be given back in parts', async () => {
    const { of, reference } = await authorize()
    const next = () => request({ paymentId: of.paymentId, orderId: of.orderId, authorization: reference })
    await gateway().capture(next(), signal)
    const first = await gateway().refund({ ...next(), amount: 100 }, signal)
    const second = await gateway().refund({ ...next(), amount: 100 }, signal)
    expect([first.outcome, second.outcome]).toEqual(['succeeded', 'succeeded'])
    expect(second).not.toEqual(first)
  })

  test('asked about a request, it answers what became of it, and that it never saw another', async () => {
    const { of, reference } = await authorize()
    expect(await gateway().inquire('authorize', of, signal)).toEqual({ outcome: 'succeeded', reference })
    const declined = request({ token: tokens.declined })
    const answer = await gateway().authorize(declined, signal)
    expect(await gateway().inquire('authorize', declined, signal)).toEqual(answer)
    const other = request({ token: tokens.approved })
    expect(await gateway().inquire('authorize', other, signal)).toEqual({ outcome: 'never_seen' })
  })

  test('a token that is none is refused before anybody is asked', () => {
    expect(gateway().refusalOf(tokens.malformed)).toMatch(/^must be/)
    expect(gateway().refusalOf(tokens.approved)).toBeUndefined()
  })

  test('a webhook without its signature is not believed', () => {
    expect(gateway().verifyWebhook({}, Buffer.from('{}'))).toBeUndefined()
  })
}
