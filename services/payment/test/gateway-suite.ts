// What every gateway must do, run on each of them: the mock, those of real vendors, and those that are still to be written.
import { expect, test } from 'vitest'
import type { Gateway, GatewayAnswer, GatewayRequest } from '../src/gateways/gateway.ts'
import { newRequest } from './a-gateway-request.ts'
import type { Move } from './gateways-under-test.ts'

export interface GatewayUnderTest {
  gateway(): Gateway
  tokens: { approved: string; declined: string; malformed: string }
  /** Makes the gateway break down twice when it is next asked to authorize; answers the token to ask it with. */
  breakDownTwice(): string
  /** Makes it lose its answer when it is next asked to authorize; answers the token to ask it with. */
  loseAnAnswer(): string
  /** Where the gateway has moved money of a payment, oldest first. */
  moved(paymentId: string): Promise<Pick<Move, 'operation' | 'amount'>[]>
}

const signal = new AbortController().signal

export function testGateway({ gateway, tokens, breakDownTwice, loseAnAnswer, moved }: GatewayUnderTest): void {
  async function authorize(): Promise<{ of: GatewayRequest; reference: string }> {
    const of = newRequest({ token: tokens.approved })
    const answer = await gateway().authorize(of, signal)
    if (answer.outcome !== 'succeeded') throw new Error(`not authorized: ${JSON.stringify(answer)}`)
    return { of, reference: answer.reference }
  }

  /** What follows from an authorization; each call is a new step. */
  async function authorized() {
    const { of, reference } = await authorize()
    const next = (facts: Partial<GatewayRequest> = {}) =>
      newRequest({ paymentId: of.paymentId, orderId: of.orderId, authorization: reference, ...facts })
    return { of, next }
  }

  const operationsOf = async ({ paymentId }: GatewayRequest) =>
    (await moved(paymentId)).map(({ operation }) => operation)

  test('a good token is authorized, with a reference to speak of it later', async () => {
    const { of, reference } = await authorize()
    expect(reference).not.toBe('')
    expect(await moved(of.paymentId)).toMatchObject([{ operation: 'authorize', amount: 300 }])
  })

  test('a bad token is declined, with a code that says why, and nothing is moved', async () => {
    const of = newRequest({ token: tokens.declined })
    const answer = await gateway().authorize(of, signal)
    expect(answer).toEqual({ outcome: 'declined', code: expect.stringMatching(/^[a-z_]+$/) })
    expect(await moved(of.paymentId)).toEqual([])
  })

  test('the same request twice is done once and answered alike', async () => {
    const { of, reference } = await authorize()
    expect(await gateway().authorize(of, signal)).toEqual({ outcome: 'succeeded', reference })
    expect(await operationsOf(of)).toEqual(['authorize'])
  })

  test('the same request many times at once is done once', async () => {
    const of = newRequest({ token: tokens.approved })
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => gateway().authorize(of, signal)))
    // Some may hear that it is under way: that is not known yet, never a no.
    const known = answers.flatMap(answer => (answer.status === 'fulfilled' ? [answer.value] : []))
    const stands = await gateway().inquire('authorize', of, signal)
    expect(stands.outcome).toBe('succeeded')
    for (const answer of known) expect(answer).toEqual(stands)
    expect(await operationsOf(of)).toEqual(['authorize'])
  })

  test.each(['capture', 'void'] as const)('an authorization can be followed by a %s, once', async operation => {
    const { of, next } = await authorized()
    const request = next()
    expect(await gateway().inquire(operation, request, signal)).toEqual({ outcome: 'never_seen' })
    const first = await gateway()[operation](request, signal)
    expect(first.outcome).toBe('succeeded')
    expect(await gateway()[operation](request, signal)).toEqual(first)
    expect(await gateway().inquire(operation, request, signal)).toEqual(first)
    expect(await operationsOf(of)).toEqual(['authorize', operation])
  })

  test('what was captured can be given back in parts until all of it is back', async () => {
    const { of, next } = await authorized()
    await gateway().capture(next(), signal)
    const references = new Set<string>()
    for (const amount of [100, 150, 50]) {
      const answer = await gateway().refund(next({ amount }), signal)
      if (answer.outcome === 'succeeded') references.add(answer.reference)
    }
    expect(references.size).toBe(3)
    const back = (await moved(of.paymentId)).filter(({ operation }) => operation === 'refund')
    expect(back.map(({ amount }) => amount)).toEqual([100, 150, 50])
  })

  test('the same refund twice is given once, and is told from others of the same amount', async () => {
    const { of, next } = await authorized()
    await gateway().capture(next(), signal)
    const [one, two] = [next({ amount: 100 }), next({ amount: 100 })]
    const first = await gateway().refund(one, signal)
    expect(await gateway().inquire('refund', two, signal)).toEqual({ outcome: 'never_seen' })
    expect(await gateway().refund(one, signal)).toEqual(first)
    expect(await gateway().refund(two, signal)).not.toEqual(first)
    expect(await gateway().inquire('refund', one, signal)).toEqual(first)
    expect(await operationsOf(of)).toEqual(['authorize', 'capture', 'refund', 'refund'])
  })

  test('asked about a request, it answers what became of it, and that it never saw another', async () => {
    const { of, reference } = await authorize()
    expect(await gateway().inquire('authorize', of, signal)).toEqual({ outcome: 'succeeded', reference })
    const declined = newRequest({ token: tokens.declined })
    const answer = await gateway().authorize(declined, signal)
    expect(await gateway().inquire('authorize', declined, signal)).toEqual(answer)
    const other = newRequest({ token: tokens.approved })
    expect(await gateway().inquire('authorize', other, signal)).toEqual({ outcome: 'never_seen' })
  })

  test('out of order twice it says that nothing happened, then does it once', async () => {
    const of = newRequest({ token: breakDownTwice() })
    const answers: GatewayAnswer[] = []
    for (const triedBefore of [0, 1, 2]) answers.push(await gateway().authorize({ ...of, triedBefore }, signal))
    expect(answers.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'succeeded'])
    expect(await operationsOf(of)).toEqual(['authorize'])
  })

  test('an answer that is lost is found by asking, and the charge is made once', async () => {
    const of = newRequest({ token: loseAnAnswer() })
    await expect(gateway().authorize(of, signal)).rejects.toThrow()
    expect((await gateway().inquire('authorize', of, signal)).outcome).toBe('succeeded')
    expect(await operationsOf(of)).toEqual(['authorize'])
  })

  test('a token that is none is refused before anybody is asked', () => {
    expect(gateway().refusalOf(tokens.malformed)).toMatch(/^must be/)
    expect(gateway().refusalOf(tokens.approved)).toBeUndefined()
  })

  test('a webhook without its signature is not believed', () => {
    expect(gateway().verifyWebhook({}, Buffer.from('{}'))).toBeUndefined()
  })
}
