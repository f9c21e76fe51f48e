// Orders from the command line: followed, listed, explained, paid and cancelled, for people and for programs.
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

test('a list goes over more than one page', async () => {
  const { out } = await ada.run(['orders', '--limit', '3', '--json'])
  expect(JSON.parse(out)).toHaveLength(3)
  expect((await ada.run(['payments', '--order', 'last', '--json'])).out).toContain('"state":')
})

test('an explanation is drawn as a tree', async () => {
  await ada.run(['order', 'airports', '--token', 'tok_approve', '--watch'])
  const { out } = await ada.run(['explain', 'last'])
  expect(out).toMatch(/^Order [0-9a-f-]{36}\nThe order was delivered/)
  expect(out).toMatch(/^├─ order\n│ {2}└─ \+0\.000 s {2}ordered from cloud LOCAL/m)
  expect(out).toMatch(/^├─ payment\n│ {2}├─ /m)
  expect(out).toMatch(/^└─ \w+\n {3}[├└]─ /m)
  const { entries } = JSON.parse((await ada.run(['explain', 'last', '--json'])).out)
  expect(out.match(/\+\d+\.\d{3} s/g)).toHaveLength(entries.length)
})

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
