// Orders from the command line: followed, listed, explained, paid and cancelled, for people and for programs.

import { until } from '@waybill/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newHome, type RunningServer, runServer } from '../../../test/system/running-server.ts'
import { newCustomer, type Person } from './waybill-command.ts'

let server: RunningServer
let home: Awaited<ReturnType<typeof newHome>>
let ada: Person

beforeAll(async () => {
  home = await newHome()
  server = await runServer(home.home)
  ada = await newCustomer(server.url)
})
afterAll(async () => {
  await ada?.remove()
  await server?.stop()
  await home?.remove()
})

const jsonLines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))

test('piped, an order that is watched prints plain lines, without colours', async () => {
  const { code, out, err } = await ada.run(['order', 'movies', 'cars:csv', '--token', 'tok_approve', '--watch'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatch(/^order [0-9a-f-]{36}: 2\.00 USD, to be paid now\nprocess [0-9a-f-]{36}\n/)
  expect(out).toMatch(/^100 % {2}delivered$/m)
  expect(out).not.toContain('\u001b')
})

test('with --json every line is one value: the order, then each change of its process', async () => {
  const { code, out } = await ada.run(['order', 'airports', '--token', 'tok_approve', '--watch', '--json'])
  expect(code).toBe(0)
  const [placed, ...changes] = jsonLines(out)
  expect(placed).toMatchObject({ order: { state: 'created' }, process: { status: 0 } })
  expect(changes.at(-1)).toMatchObject({ process_id: placed.process.process_id, status: 1, percentage: 100 })
})

test('lines with the same key are one order', async () => {
  const line = ['order', 'airports', '--later', '--idempotency-key', 'the-same', '--json']
  const [first, second] = [await ada.run(line), await ada.run(line)]
  expect(JSON.parse(second.out).order.id).toBe(JSON.parse(first.out).order.id)
})

test('an order to be paid later is paid, and one is cancelled', async () => {
  await ada.run(['order', 'airports', '--later'])
  const paid = await ada.run(['pay', 'last', '--token', 'tok_approve', '--watch'])
  expect(paid.out).toMatch(/^payment [0-9a-f-]{36} of 1\.00 USD is on its way to gateway mock$/m)
  expect(paid.out).toContain('delivered')
  const late = await ada.run(['cancel', 'last'])
  expect(late.code).toBe(1)
  expect(late.err).toContain('code ORDER_NOT_CANCELLABLE')

  await ada.run(['order', 'airports', '--later'])
  const cancelled = await ada.run(['cancel', 'last', '--json'])
  expect(JSON.parse(cancelled.out)).toMatchObject({ state: 'cancelled', cancel_reason: 'cancelled_by_user' })
  const listed = await ada.run(['orders', '--state', 'cancelled', '--limit', '1'])
  expect(listed.out.split('\n')[1]).toContain('cancelled (cancelled_by_user)')
})

test('an explanation is drawn as a tree', async () => {
  await ada.run(['order', 'airports', '--token', 'tok_approve', '--watch'])
  const { out } = await ada.run(['explain', 'last'])
  expect(out).toMatch(/^Order [0-9a-f-]{36}\nThe order was delivered/)
  expect(out).toMatch(/^├─ order\n│ {2}└─ ✓ \+0\.000 s {2}ordered from cloud LOCAL/m)
  expect(out).toMatch(/^├─ payment\n│ {2}├─ /m)
  expect(out).toMatch(/^└─ \w+\n {3}[├└]─ /m)
  const { entries } = JSON.parse((await ada.run(['explain', 'last', '--json'])).out)
  expect(out.match(/\+\d+\.\d{3} s/g)).toHaveLength(entries.length)
})

test('while a step fails, the tree says when it is tried again and what may be typed; trying now brings it forward', async () => {
  const placed = JSON.parse((await ada.run(['order', 'airports', '--token', 'tok_lost', '--json'])).out)
  const drawn = await until(
    () => ada.run(['explain', 'last']),
    ({ out }) => out.includes('waybill retry'),
  )
  expect(drawn.out).toContain("the gateway's answer was lost")
  expect(drawn.out).toMatch(/^Due in \d s\.$/m)
  expect(drawn.out).toMatch(/^ {3}└─ … \+0\.\d{3} s {2}authorizing 1\.00 USD at gateway mock/m)
  const typed = /^ {2}waybill (retry \S+) +# try now$/m.exec(drawn.out)?.[1]?.split(' ')
  expect(typed).toEqual(['retry', placed.order.id])
  const tried = await ada.run(typed!)
  expect(tried).toMatchObject({ code: 0, out: 'the payment service tries again now: settle-payment\n' })
  const again = await ada.run(typed!)
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining('code TOO_MANY_REQUESTS') })
  await ada.run(['watch', 'last'])
  const ofOperators = await ada.run(['retry', 'last', '--dead-letters'])
  expect(ofOperators).toMatchObject({ code: 1, err: expect.stringContaining('code FORBIDDEN') })
})

test('watched and piped, an explanation is a line for each step, then where the order is', async () => {
  await ada.run(['order', 'airports', '--token', 'tok_outage'])
  const { code, out } = await ada.run(['explain', 'last', '--watch'])
  expect(code).toBe(0)
  expect(out).toMatch(/^order {2}✓ \+0\.000 s {2}ordered from cloud LOCAL/m)
  expect(out).toMatch(/^payment {2}✗ .* failed: the mock gateway is out of order/m)
  expect(out).toMatch(/Next: attempt 3 to authorize the payment is made at /)
  expect(out.trimEnd().split('\n').at(-1)).toMatch(/^The order was delivered .* Next: nothing/)
  expect(out).not.toContain('\u001b')
  const json = jsonLines((await ada.run(['explain', 'last', '--watch', '--json'])).out)
  expect(json).toMatchObject([{ ended: true, state: 'delivered' }])
})

test.runIf(process.platform === 'linux')(
  'watched on a terminal, the tree is drawn anew in its place, and the seconds to the next try are counted down',
  async () => {
    await ada.run(['order', 'airports', '--token', 'tok_lost'])
    const { code, out } = await ada.terminal('waybill explain last --watch', { env: { TERM: 'xterm' } })
    expect(code).toBe(0)
    const counted = [...out.matchAll(/Due in (\d) s\./g)].map(([, seconds]) => Number(seconds))
    expect(new Set(counted).size).toBeGreaterThan(1)
    expect(counted).toEqual([...counted].sort((a, b) => b - a))
    // The cursor goes up to where the tree begins.
    expect(out).toContain('A\u001b[G')
    expect(out).toContain('The order was delivered')
  },
)

test.runIf(process.platform === 'linux')(
  'on a terminal there is a bar, and colours unless NO_COLOR is set',
  async () => {
    const watched = await ada.terminal('waybill order movies --token tok_approve --watch', { env: { TERM: 'xterm' } })
    expect(watched.code).toBe(0)
    expect(watched.out).toMatch(/█{30}.*100 %/)
    const explained = await ada.terminal('waybill explain last', { env: { TERM: 'xterm' } })
    expect(explained.out).toContain('\u001b[1mOrder\u001b[22m')
    const plain = await ada.terminal('waybill explain last', { env: { TERM: 'xterm', NO_COLOR: '1' } })
    expect(plain.out).not.toContain('\u001b')
  },
)

test('one order is shown with every change of its state, its process and its payment with what they hold', async () => {
  await ada.run(['order', 'airports', 'cars:csv', '--token', 'tok_approve', '--watch'])
  const id = '[0-9a-f-]{36}'
  const order = await ada.run(['orders', 'last'])
  expect(order.out).toMatch(
    /^state +delivered\ndatasets +airports:ndjson cars:csv\ncloud +LOCAL\nprice +2\.00 USD, to be paid now$/m,
  )
  expect(order.out).toMatch(/ confirmed +delivered +\S+\n$/)
  const { history } = JSON.parse((await ada.run(['orders', 'last', '--json'])).out)
  expect(history.map((it: { to: string }) => it.to)).toEqual(['created', 'confirmed', 'delivered'])

  const process = await ada.run(['processes', 'last', '--wait', '5'])
  expect(process.out).toMatch(/^status +1 success\ndone +100 %\nstep +delivered$/m)
  expect(process.out).toMatch(new RegExp(`^data +waybill data --process ${id} `, 'm'))
  const listed = await ada.run(['processes', '--state', 'success', '--limit', '1', '--json'])
  expect(JSON.parse(listed.out)).toMatchObject([{ status: 1 }])

  await until(
    () => ada.run(['payments', 'last']),
    ({ out }) => /^state +captured$/m.test(out) && / authorize +succeeded +2\.00 USD +mock_/.test(out),
  )
})

test('a list goes over more than one page, and says that there is more unless a limit was asked for', async () => {
  const bob = await newCustomer(server.url)
  const place = `curl -s -o /dev/null -H "Authorization: Bearer $token" --json '{"items":[{"dataset":"airports"}],"payment":{"mode":"later"}}' ${server.url}/user/order`
  await bob.shell(`token=$(waybill token); for n in $(seq 101); do ${place}; done`)
  const cut = await bob.run(['orders'])
  expect(cut.out.trimEnd().split('\n')).toHaveLength(21)
  expect(cut.err).toBe('the first 20; --limit shows more\n')
  const all = await bob.run(['orders', '--limit', 'all', '--json'])
  expect(JSON.parse(all.out)).toHaveLength(101)
  expect(all.err).toBe('')
  expect((await bob.run(['payments', '--order', 'last', '--json'])).out).toMatch(/^\[\{.*"state":"pending"/)
  await bob.remove()
}, 30_000)

test('lines with the same key pay once', async () => {
  await ada.run(['order', 'airports', '--later'])
  const line = ['pay', 'last', '--token', 'tok_approve', '--idempotency-key', 'paid-once', '--json']
  const [first, second] = [await ada.run(line), await ada.run(line)]
  expect([first.code, second.code]).toEqual([0, 0])
  expect(second.out).toBe(first.out)
})
