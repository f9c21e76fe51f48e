// Verifying a deployment: a good one passes every check, one that lies is found out at the check that it lies about.

import { once } from 'node:events'
import { createServer, request as forward, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { freePort, until } from '@waybill/platform/testing'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { newHome, type RunningServer, runServer } from '../../../test/system/running-server.ts'
import { newPerson, type Person } from './waybill-command.ts'

let server: RunningServer
let home: Awaited<ReturnType<typeof newHome>>
let person: Person
let asOperator: Record<string, string>

beforeAll(async () => {
  home = await newHome()
  server = await runServer(home.home, { CALLBACK_ALLOW_PRIVATE: 'true' })
  person = await newPerson(server.url)
  const { email, password } = server.operator!
  asOperator = { WAYBILL_OPERATOR_EMAIL: email, WAYBILL_OPERATOR_PASSWORD: password }
})
afterAll(async () => {
  await person?.remove()
  await server?.stop()
  await home?.remove()
})

interface Card {
  verdict: string
  rows: { check: string; outcome: string; detail: string }[]
  figures: { name: string; count: number; p50_ms: number; p99_ms: number }[]
  audit: { checked: number; violations: number } | null
  run: string
}

async function verify(words: string[], env: Record<string, string> = {}) {
  const { code, out, err } = await person.run(['verify', '--json', ...words], { env })
  const card: Card = out === '' ? undefined : JSON.parse(out)
  const named = (outcome: string) => card.rows.filter(row => row.outcome === outcome).map(({ check }) => check)
  return { code, out, err, card, named }
}

test.concurrent('a good deployment passes every check, and nothing usable stays behind', {
  timeout: 90_000,
}, async () => {
  const callbackUrl = `http://127.0.0.1:${await freePort()}/hook`
  const words = ['--strict', '--orders', '8', '--callback-url', callbackUrl]
  const { code, card, named, out, err } = await verify(words, asOperator)
  expect(card.rows.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
  expect({ code, verdict: card.verdict }).toEqual({ code: 0, verdict: 'passed' })
  expect(named('passed')).toHaveLength(card.rows.length)
  expect(card.audit).toMatchObject({ violations: 0 })
  expect(card.audit!.checked).toBeGreaterThanOrEqual(24)
  const placed = card.figures.find(({ name }) => name === 'ordered to delivered')!
  expect(placed.count).toBe(8)
  expect(placed.p99_ms).toBeGreaterThanOrEqual(placed.p50_ms)
  expect(out + err).not.toContain(asOperator.WAYBILL_OPERATOR_PASSWORD)

  await person.run(['login', server.operator!.email], { input: server.operator!.password })
  const users = JSON.parse((await person.run(['users', '--limit', '100', '--json'])).out)
  const guests = users.filter(({ email }: { email: string }) => email.includes(card.run))
  expect(guests).toHaveLength(3)
  for (const guest of guests) expect(guest).toMatchObject({ disabled: true, role: 'customer' })
})

test.concurrent('without payments it only places orders to be paid later and cancels them, and says what it left out', async () => {
  const { code, card, named } = await verify(['--no-payments', '--orders', '4'])
  expect({ code, verdict: card.verdict, failed: named('failed') }).toEqual({
    ...{ code: 0, verdict: 'passed in part', failed: [] },
  })
  expect(named('left out')).toEqual([
    'ordered to pay later, paid',
    'ordered, followed, delivered',
    'files are as their manifest says',
    'records are those of the cloud',
    'ranges and ETags',
    'payment declined',
    'dataset that is not there',
    'cancel against confirm',
    'callback',
    'gateway is slow',
    'gateway is out of order',
    'gateway loses its answer',
    'refunds',
    'audit of these orders',
    'dead letters',
  ])
  for (const { detail } of card.rows) expect(detail).not.toBe('')
  expect(card.rows.find(({ check }) => check === 'money agrees with orders')!.detail).toBe(
    '0 delivered and paid once, 6 cancelled and unpaid',
  )
  expect(card.figures.map(({ name }) => name)).toContain('cancel an order')
})

test.concurrent('where nobody answers it ends with 3; with a line that is wrong with 2; a row left out is a failure where that is asked for', async () => {
  expect((await verify([`http://127.0.0.1:${await freePort()}`])).code).toBe(3)
  expect((await verify(['--orders', '100000'])).code).toBe(2)
  expect((await verify(['--callback-listen', '127.0.0.1:1'])).code).toBe(2)
  expect((await verify(['https://waybill.example.com'])).err).toContain('--yes')
  expect((await verify([], { WAYBILL_OPERATOR_EMAIL: 'ops@example.com' })).code).toBe(2)
  expect((await verify(['--no-payments', '--orders', '0', '--strict'])).code).toBe(1)
})

test.concurrent('stopped in the middle, it tidies up and ends with 1', { timeout: 60_000 }, async () => {
  const running = person.start(['verify', '--orders', '0'], { env: asOperator })
  await until(
    async () => running.output().out,
    out => out.includes('ordered to pay later, cancelled'),
  )
  running.kill('SIGINT')
  const { code, out } = await running.ended
  expect(code).toBe(1)
  expect(out).toContain('left out: stopped before')
  expect(out).toMatch(/^ok +tidied up +\d users disabled/m)
})

interface Answer {
  status: number
  headers: OutgoingHttpHeaders
  body: Buffer
}

type Lie = (request: IncomingMessage, body: Buffer, truth: () => Promise<Answer>) => Promise<Answer>

/** Stands in front of the server, and says what it says, or something else. */
async function startLiar(lie: Lie): Promise<string> {
  const liar = createServer(async (request, response) => {
    const body = await buffer(request)
    const { status, headers, body: told } = await lie(request, body, () => ask(request, body))
    response.writeHead(status, told.length > 0 ? { ...headers, 'content-length': told.length } : headers).end(told)
  }).listen(0, '127.0.0.1')
  await once(liar, 'listening')
  onTestFinished(() => {
    liar.closeAllConnections()
    liar.close()
  })
  return `http://127.0.0.1:${(liar.address() as AddressInfo).port}`
}

async function ask({ method, headers, url: path }: IncomingMessage, body: Buffer): Promise<Answer> {
  const { hostname, port } = new URL(server.url)
  const outgoing = forward({ hostname, port, path, method, headers })
  outgoing.end(body)
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  return { status: incoming.statusCode!, headers: incoming.headers, body: await buffer(incoming) }
}

const saying = (status: number, value: unknown, type = 'application/json'): Answer => ({
  status,
  headers: { 'content-type': type },
  body: Buffer.from(JSON.stringify(value)),
})

interface Fault {
  what: string
  lie: Lie
  words?: string[]
  found: string[]
  /** Fails, or not, as its races end. */
  orNot?: string
}

const faults: Fault[] = [
  {
    what: 'delivers one byte that is another',
    async lie(_request, _body, truth) {
      const answer = await truth()
      if (/ndjson|csv/.test(String(answer.headers['content-type']))) answer.body[12]! ^= 1
      return answer
    },
    found: ['files are as their manifest says', 'records are those of the cloud', 'ranges and ETags'],
  },
  {
    what: 'captures twice',
    async lie({ url }, _body, truth) {
      const answer = await truth()
      if (!url!.startsWith('/payment/details') || answer.status !== 200) return answer
      const { data, ...rest } = JSON.parse(answer.body.toString())
      const captures = data.attempts.filter(({ operation }: { operation: string }) => operation === 'capture')
      return saying(200, { ...rest, data: { ...data, attempts: [...data.attempts, ...captures] } })
    },
    found: [
      'ordered to pay later, paid',
      'ordered, followed, delivered',
      'gateway is slow',
      'gateway is out of order',
      'gateway loses its answer',
      'money agrees with orders',
    ],
    orNot: 'cancel against confirm',
  },
  {
    what: 'takes any token',
    words: ['--no-payments'],
    async lie(_request, _body, truth) {
      const answer = await truth()
      return answer.body.includes('"NOT_AUTHENTICATED"') ? saying(200, { data: [] }) : answer
    },
    found: ['bad tokens are refused', 'signing out ends the session', 'tidied up'],
  },
  {
    what: 'has an audit that found something',
    words: ['--no-payments'],
    async lie({ url }, _body, truth) {
      if (!url!.startsWith('/audit')) return truth()
      const violation = { order_id: null, rule: 'money_kept', detail: 'money was kept' }
      return saying(200, { data: { checked: 100, violations: [violation] }, page: { next_cursor: null } })
    },
    found: ["operators' paths are closed", 'audit of these orders'],
  },
  {
    what: "audits fewer orders than there are, and shows somebody else's",
    words: ['--no-payments'],
    async lie({ url }, _body, truth) {
      const answer = await truth()
      if (url!.startsWith('/audit') && answer.status === 200) {
        return saying(200, { data: { checked: 1, violations: [] }, page: { next_cursor: null } })
      }
      return url!.endsWith('/history') && answer.status === 404 ? saying(200, { data: [] }) : answer
    },
    found: ["others' orders are hidden", 'audit of these orders'],
  },
  {
    what: 'answers a repeated request anew',
    words: ['--no-payments'],
    async lie(_request, _body, truth) {
      const answer = await truth()
      if (answer.headers['idempotency-replayed']) answer.body = Buffer.from(`${answer.body} `)
      return answer
    },
    found: ['same request twice'],
  },
]

describe.concurrent('a deployment that', () => {
  test.for(faults)(
    '$what is found out, and for nothing else',
    { timeout: 90_000 },
    async ({ lie, words = [], found, orNot }) => {
      const quick = ['--orders', '0', '--audit-after', '0']
      const { code, card, named } = await verify([await startLiar(lie), ...quick, ...words], asOperator)
      const failed = named('failed').filter(check => check !== orNot)
      expect(failed, JSON.stringify(card.rows)).toEqual(found)
      expect({ code, verdict: card.verdict }).toEqual({ code: 1, verdict: 'failed' })
    },
  )

  test('has no mock gateway is asked for no other: its orders wait to be paid, and are cancelled', {
    timeout: 90_000,
  }, async () => {
    const modes = new Set<string>()
    const url = await startLiar(async ({ method, url: path }, body, truth) => {
      if (method === 'POST' && path === '/payment') {
        return saying(
          400,
          { code: 'VALIDATION_FAILED', detail: 'gateway mock is not set up' },
          'application/problem+json',
        )
      }
      const answer = await truth()
      if (path === '/user/order' && answer.status === 202) modes.add(JSON.parse(body.toString()).payment?.mode)
      return answer
    })
    const { code, card, named } = await verify([url, '--orders', '2'])
    expect({ code, verdict: card.verdict }).toEqual({ code: 0, verdict: 'passed in part' })
    const { detail } = card.rows.find(({ check }) => check === 'ordered, followed, delivered')!
    expect(detail).toContain('the mock gateway is not set up here')
    expect([...modes]).toEqual(['later'])
    expect(named('passed')).toContain('short load')
  })
})
