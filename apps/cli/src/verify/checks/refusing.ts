// What must be refused: bad input, bad tokens, what belongs to somebody else, what is for operators only; and a session that has ended.
import { setTimeout as pause } from 'node:timers/promises'
import { mustBe, Wrong } from '../finding.ts'
import { type RawAnswer, type RawRequest, rawCall } from '../raw-call.ts'
import { guestOf, type Visit } from '../visit.ts'

const mostBodyBytes = 102_400

async function mustAnswer(
  visit: Visit,
  verbAndPath: string,
  request: RawRequest,
  due: { status: number[]; code: string; what: string },
): Promise<RawAnswer> {
  const answer = await rawCall(visit.server, verbAndPath, request)
  const { status, code, what } = { ...due, status: due.status.join(' or ') }
  const isDue = due.status.includes(answer.status) && answer.code === code
  mustBe(isDue, `${what}: ${verbAndPath} answered ${answer.status} ${answer.code ?? ''}; ${status} ${code} is due`)
  return answer
}

export async function badInput(visit: Visit): Promise<string> {
  const token = await guestOf(visit, 0).token()
  const order = 'POST /user/order'
  const text = { 'Content-Type': 'text/plain' }
  const cases: [string, RawRequest, number, string, string][] = [
    [order, { body: '{"items":[' }, 400, 'MALFORMED_JSON', 'cut JSON'],
    [order, { body: '{"items":[]}' }, 400, 'VALIDATION_FAILED', 'an order of nothing'],
    [order, { body: '{"items":[{"dataset":"../x"}]}' }, 400, 'VALIDATION_FAILED', 'a name that leads elsewhere'],
    [order, { body: '{"items":[{"dataset":"x"}],"gift":1}' }, 400, 'VALIDATION_FAILED', 'an unknown field'],
    [order, { body: 'items', headers: text }, 415, 'UNSUPPORTED_MEDIA_TYPE', 'text'],
    ['GET /orders?limit=1000', {}, 400, 'VALIDATION_FAILED', 'too large a page'],
    ['GET /no-such-path', {}, 404, 'ROUTE_NOT_FOUND', 'an unknown path'],
  ]
  for (const [path, request, status, code, what] of cases) {
    await mustAnswer(visit, path, { token, ...request }, { status: [status], code, what })
  }
  const wrongVerb = { status: [405], code: 'METHOD_NOT_ALLOWED', what: 'a wrong verb' }
  const { headers } = await mustAnswer(visit, 'DELETE /orders', { token }, wrongVerb)
  mustBe(headers.get('allow') !== null, '405 came without Allow')
  return `${cases.length + 1} kinds: 400, 404, 405, 415`
}

export async function tooLarge(visit: Visit): Promise<string> {
  const token = await guestOf(visit, 0).token()
  const dataset = 'x'.repeat(mostBodyBytes)
  const due = { status: [413], code: 'PAYLOAD_TOO_LARGE', what: 'a body over 102,400 bytes' }
  await mustAnswer(visit, 'POST /user/order', { token, body: JSON.stringify({ items: [{ dataset }] }) }, due)
  return '413'
}

/** Deployments for clients of the original specification answer 501. */
const notAuthenticated = [401, 501]

export async function badTokens(visit: Visit): Promise<string> {
  const good = await guestOf(visit, 0).token()
  const [header, payload, signature] = good.split('.') as [string, string, string]
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  const tokens: Record<string, string | undefined> = {
    'no token': undefined,
    'no JWT': 'not-a-token',
    'a changed signature': [header, payload, (signature[0] === 'A' ? 'B' : 'A') + signature.slice(1)].join('.'),
    'changed claims': [header, encode({ ...claims, sub: guestOf(visit, 1).user.id }), signature].join('.'),
    'an unsigned token': `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.`,
  }
  const paths = ['GET /user/details', 'GET /orders', 'GET /payments', 'GET /data']
  for (const [what, token] of Object.entries(tokens)) {
    for (const path of paths) {
      const due = { status: notAuthenticated, code: 'NOT_AUTHENTICATED', what }
      const { headers } = await mustAnswer(visit, path, { token }, due)
      mustBe(headers.get('www-authenticate')?.startsWith('Bearer') === true, `${what}: WWW-Authenticate is missing`)
    }
  }
  return `${Object.keys(tokens).length} kinds at ${paths.length} services' paths`
}

export async function othersAreHidden(visit: Visit): Promise<string> {
  const { client } = guestOf(visit, 0)
  const [order] = await client.orders.list({ limit: 1 }).take(1)
  if (!order) throw new Wrong('GET /orders shows none of the orders that were placed')
  const token = await guestOf(visit, 1).token()
  const cases: [string, string][] = [
    [`GET /order/${order.id}`, 'ORDER_NOT_FOUND'],
    [`GET /order/${order.id}/history`, 'ORDER_NOT_FOUND'],
    [`GET /order/${order.id}/explain`, 'ORDER_NOT_FOUND'],
    [`POST /order/${order.id}/cancel`, 'ORDER_NOT_FOUND'],
    [`GET /process/${order.process_id}`, 'PROCESS_NOT_FOUND'],
    [`GET /payment/details?order_id=${order.id}`, 'PAYMENT_NOT_FOUND'],
    [`GET /data?process_id=${order.process_id}`, 'PROCESS_NOT_FOUND'],
    [`GET /data/manifest?process_id=${order.process_id}`, 'PROCESS_NOT_FOUND'],
  ]
  for (const [path, code] of cases) {
    await mustAnswer(visit, path, { token }, { status: [404], code, what: "somebody else's" })
  }
  const own = await guestOf(visit, 1).client.orders.list({ limit: 100 }).take(100)
  mustBe(
    own.every(({ user_id }) => user_id === guestOf(visit, 1).user.id),
    "GET /orders shows somebody else's orders",
  )
  return `404 at ${cases.length} paths`
}

export async function operatorPathsAreClosed(visit: Visit): Promise<string> {
  const { user, token } = guestOf(visit, 0)
  const bearer = await token()
  const paths = [
    'GET /users',
    `GET /users/${user.id}`,
    'GET /audit',
    'GET /dead-letters',
    'GET /orders?all=true',
    'GET /payments?all=true',
    `GET /orders?user_id=${guestOf(visit, 1).user.id}`,
  ]
  for (const path of paths) {
    await mustAnswer(visit, path, { token: bearer }, { status: [403], code: 'FORBIDDEN', what: 'a customer' })
  }
  return `403 at ${paths.length} paths`
}

const endsWithinMilliseconds = 5_000
/** The clock of the one who looks, and the way there. */
const allowanceMilliseconds = 1_000

export async function signingOutEnds(visit: Visit): Promise<string> {
  const { client, token } = await guestOf(visit, 1).newSession()
  const paths = ['GET /user/details', 'GET /orders', 'GET /payments', 'GET /data']
  for (const path of paths) {
    const { status } = await rawCall(visit.server, path, { token })
    mustBe(status === 200, `${path} answered ${status} to a new session`)
  }
  await client.signOut()
  const from = performance.now()
  for (const path of paths) {
    while (!notAuthenticated.includes((await rawCall(visit.server, path, { token })).status)) {
      const isLate = performance.now() - from > endsWithinMilliseconds + allowanceMilliseconds
      mustBe(!isLate, `${path} still takes the token of a session that ended 5 s ago`)
      await pause(100)
    }
  }
  return `everywhere after ${((performance.now() - from) / 1_000).toFixed(1)} s`
}
