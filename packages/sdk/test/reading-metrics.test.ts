// What a server tells Prometheus, read as names, labels and values.
import { Waybill } from '@waybill/sdk'
import { expect, test } from 'vitest'
import { answer, startFakeServer } from './fake-server.ts'

async function read(text: string) {
  const server = await startFakeServer(answer(200, text, { 'Content-Type': 'text/plain; version=0.0.4' }))
  try {
    return await new Waybill({ server: server.url, retries: 0 }).desk.metrics()
  } finally {
    await server.stop()
  }
}

test('samples come with their labels, and comments and empty lines are passed over', async () => {
  const text = `# HELP orders_total Orders, by state
# TYPE orders_total counter
orders_total{state="delivered",cloud="LOCAL"} 12
orders_total{state="cancelled",cloud="LOCAL",} 3 1700000000000

up 1
`
  expect(await read(text)).toEqual([
    { name: 'orders_total', labels: { state: 'delivered', cloud: 'LOCAL' }, value: 12 },
    { name: 'orders_total', labels: { state: 'cancelled', cloud: 'LOCAL' }, value: 3 },
    { name: 'up', labels: {}, value: 1 },
  ])
})

test('numbers of every kind are read: fractions, exponents, infinities and what is none', async () => {
  const samples = await read('a 0.25\nb 1.5e-7\nc{le="+Inf"} +Inf\nd -Inf\ne NaN\nf 1e21')
  expect(samples.map(({ value }) => value)).toEqual([0.25, 1.5e-7, Infinity, -Infinity, Number.NaN, 1e21])
  expect(samples[2]!.labels).toEqual({ le: '+Inf' })
})

test('quotes, backslashes, line breaks, braces and commas within a label are part of it', async () => {
  const [sample] = await read(String.raw`a{error="it said \"no\"",path="C:\\new",text="one\ntwo",odd="}, {x=1"} 1`)
  expect(sample!.labels).toEqual({ error: 'it said "no"', path: String.raw`C:\new`, text: 'one\ntwo', odd: '}, {x=1' })
})

test('a page that is no metrics is refused, with a hint', async () => {
  await expect(read('<!doctype html><title>Not here</title>')).rejects.toMatchObject({
    code: 'UNEXPECTED_ANSWER',
    message: expect.stringContaining('GET /metrics'),
  })
})
