// Events as they may come over the wire: in pieces, with any line break, between comments, from a server that gives up in between.
import { memoryTokens, Waybill } from '@waybill/sdk'
import { afterEach, expect, test, vi } from 'vitest'
import { type Act, data, type FakeServer, startFakeServer } from './fake-server.ts'

let server: FakeServer
afterEach(() => {
  vi.useRealTimers()
  return server.stop()
})

const processes = [0, 50, 100].map(percentage => ({
  ...{ process_id: 'p', percentage, status: percentage === 100 ? 1 : 0, updated_at: `at ${percentage}` },
}))
const asEvent = (process: unknown, lineBreak = '\n') =>
  ['event: process', `data: ${JSON.stringify(process)}`, '', ''].join(lineBreak)

/** Sends the text in pieces of so many characters, and ends. */
const events =
  (text: string, size = text.length): Act =>
  async response => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    for (let at = 0; at < text.length; at += size) {
      response.write(text.slice(at, at + size))
      await new Promise(resolve => setImmediate(resolve))
    }
    response.end()
  }

async function percentages(...acts: Act[]): Promise<number[]> {
  server = await startFakeServer(...acts)
  const tokens = memoryTokens({ access_token: 'a', refresh_token: 'r', expires_at: Date.now() + 60_000 })
  const seen: number[] = []
  for await (const { percentage } of new Waybill({ server: server.url, tokens }).processes.watch('p')) {
    seen.push(percentage)
  }
  return seen
}

test.each(['\n', '\r\n', '\r'])('lines may end with %j, and be cut anywhere', async lineBreak => {
  const text = `: hello${lineBreak}${lineBreak}${processes.map(it => asEvent(it, lineBreak)).join('')}`
  for (const size of [1, 7]) {
    expect(await percentages(events(text, size))).toEqual([0, 50, 100])
    await server.stop()
  }
  server = await startFakeServer(data({}))
})

test('events of other kinds are passed over, and the same news is told once', async () => {
  const text = `event: hello\ndata: {}\n\n${asEvent(processes[0])}${asEvent(processes[0])}${asEvent(processes[2])}`
  expect(await percentages(events(text))).toEqual([0, 100])
})

test('a stream that ends early is taken up again; one that does so again and again is replaced by questions', async () => {
  const early = events(asEvent(processes[0]))
  const followed = await percentages(early, early, data(processes[1]), data(processes[2]))
  expect(followed).toEqual([0, 50, 100])
  const asked = server.sent.map(({ headers }) => headers.prefer ?? headers.accept)
  expect(asked.slice(0, 2)).toEqual(['text/event-stream', 'text/event-stream'])
  expect(asked.at(-1)).toBe('wait=20')
})

test('streams that end with their tokens, long after they began, are taken up again as streams, however many', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const lasting: Act = async (...exchange) => {
    vi.advanceTimersByTime(900_000)
    await events(asEvent(processes[0]))(...exchange)
  }
  expect(await percentages(lasting, lasting, lasting, events(asEvent(processes[2])))).toEqual([0, 100])
  expect(server.sent.map(({ headers }) => headers.accept)).toEqual(Array(4).fill('text/event-stream'))
})
