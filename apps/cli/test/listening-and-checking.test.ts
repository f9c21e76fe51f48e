// The commands for developers and operators: listen brings callbacks home, doctor finds what is wrong, bench measures.
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { freePort, until } from '@waybill/platform/testing'
import { verifyCallback } from '@waybill/sdk/callbacks'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { newHome, type RunningServer, runServer } from '../../../test/system/running-server.ts'
import { newCustomer, newPerson, type Person } from './waybill-command.ts'

let server: RunningServer
let home: Awaited<ReturnType<typeof newHome>>
let ada: Person
let operator: Person

beforeAll(async () => {
  home = await newHome()
  server = await runServer(home.home)
  ada = await newCustomer(server.url)
  operator = await newPerson(server.url)
  await operator.run(['login', server.operator!.email], { input: server.operator!.password })
})
afterAll(async () => {
  await ada?.remove()
  await operator?.remove()
  await server?.stop()
  await home?.remove()
})

async function startReceiver(status: number) {
  const calls: { headers: IncomingHttpHeaders; body: string }[] = []
  const receiver = createServer(async (request, response) => {
    calls.push({ headers: request.headers, body: await text(request) })
    response.writeHead(status).end()
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  onTestFinished(() => void receiver.close())
  return { url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`, calls }
}

describe('listen', () => {
  test('forwards every process that ends, good or bad, signed as the server signs', async () => {
    await ada.run(['order', 'airports', '--later'])
    const runningBefore = JSON.parse((await ada.run(['orders', '--limit', '1', '--json'])).out)[0]
    const { url, calls } = await startReceiver(204)
    const listening = ada.start(['listen', '--forward', url, '--count', '3', '--json'])
    await until(
      async () => listening.output().err,
      err => err.includes('listening to'),
    )

    await ada.run(['order', 'cars', '--token', 'tok_approve'])
    await ada.run(['order', 'cars', '--token', 'tok_decline'])
    await ada.run(['cancel', runningBefore.id])
    const { code, out } = await listening.ended
    expect(code).toBe(0)

    const secret = (await ada.run(['callbacks', '--secret'])).out.trim()
    const events = calls.map(({ headers, body }) => verifyCallback(headers, body, secret))
    expect(events.map(({ data }) => data.status).sort()).toEqual([1, 2, 2])
    expect(events.map(({ subject }) => subject)).toContain(runningBefore.id)
    for (const event of events) {
      expect(event).toMatchObject({ specversion: '1.0', type: 'waybill.process.finished', source: '/waybill/order' })
    }
    const lines = out
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(lines.map(({ forwarded }) => forwarded)).toEqual(Array(3).fill({ status: 204, error: null }))
  })

  test('says when the program does not take it, and goes on; ends well with Ctrl-C', async () => {
    const { url } = await startReceiver(500)
    const refused = ada.start(['listen', '--forward', url])
    const nobody = ada.start(['listen', '--forward', `http://127.0.0.1:${await freePort()}`])
    for (const { output } of [refused, nobody])
      await until(
        async () => output().err,
        err => err.includes('listening'),
      )
    // They find out what was there before, first.
    await until(
      async () => {
        await ada.run(['order', 'cars', '--token', 'tok_approve', '--watch'])
        return [refused.output().out, nobody.output().out]
      },
      ([first, second]) => first!.includes(': 500') && second!.includes('ECONNREFUSED'),
    )
    for (const it of [refused, nobody]) it.kill('SIGINT')
    expect([(await refused.ended).code, (await nobody.ended).code]).toEqual([0, 0])
  })
})

describe('doctor', () => {
  test('finds nothing wrong with a good server; operators are told of audit, dead letters and outbox', async () => {
    const { code, out } = await operator.run(['doctor'])
    expect(code).toBe(0)
    for (const name of ['server', 'readiness', 'order service', 'payment service', 'audit', 'dead letters', 'outbox']) {
      expect(out).toMatch(new RegExp(`^ok +${name}: `, 'm'))
    }
    expect((await ada.run(['doctor'])).out).not.toContain('audit')
  })

  test('without a sign-in looks at what anybody may see', async () => {
    const { code, out } = await ada.run(['doctor', '--profile', 'nobody'])
    expect(code).toBe(0)
    expect(out).toMatch(/^-- +sign-in: nobody is signed in/m)
    expect(out).toContain('waybill login <e-mail>')
  })

  test('names what is wrong, what to do, and ends with 1', async () => {
    const broken = createServer((request, response) => {
      const isAlive = request.url === '/healthz'
      const body = { status: 'not_ready', dependencies: { database: { status: 'up' }, broker: { status: 'down' } } }
      response.writeHead(isAlive ? 200 : 503).end(JSON.stringify(body))
    }).listen(0, '127.0.0.1')
    await once(broken, 'listening')
    onTestFinished(() => void broken.close())
    const address = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`
    const { code, out } = await ada.run(['doctor', '--server', address])
    expect(code).toBe(1)
    expect(out).toMatch(/^BAD +readiness: does not answer the server: broker\n +look at that machine/m)
    const asJson = await ada.run(['doctor', '--server', address, '--json'])
    expect(JSON.parse(asJson.out)).toMatchObject({ healthy: false, server: address })
  })
})

describe('bench', () => {
  test('tells latencies as percentiles and as a histogram', async () => {
    const { code, out } = await ada.run(['bench', '--count', '30', '--concurrency', '3'])
    expect(code).toBe(0)
    expect(out).toMatch(/^list: 30 of 30 succeeded in \d+\.\d\d s/)
    expect(out).toMatch(/p50 .* ms {3}p90 .* ms {3}p99 .* ms/)
    const counted = [...out.matchAll(/^<= .* (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0)
    expect(counted).toBe(30)
  })

  test('counts calls that are refused, by code, and ends with 1', async () => {
    const { code, out } = await ada.run(['bench', '--scenario', 'read', '--dataset', 'none', '--count', '5', '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ succeeded: 0, failures: { DATASET_NOT_FOUND: 5 } })
  })

  test('asks before it leaves this machine, and is bounded', async () => {
    const far = await ada.run(['bench', '--server', 'http://waybill.example.com'])
    expect(far.code).toBe(2)
    expect(far.err).toContain('--yes')
    expect((await ada.run(['bench', '--count', '1000000'])).code).toBe(2)
    expect((await ada.run(['bench', '--concurrency', '1000'])).code).toBe(2)
  })
})

test('an operator sees and changes what customers may not', async () => {
  const { out } = await operator.run(['users', '--json'])
  const customer = JSON.parse(out).find((user: { role: string }) => user.role === 'customer')
  expect((await operator.run(['users', customer.id, '--account', 'ada'])).out).toContain('ada')
  expect((await operator.run(['orders', '--everybody'])).code).toBe(0)
  const denied = await ada.run(['users'])
  expect(denied.code).toBe(1)
  expect(denied.err).toContain('code FORBIDDEN')
  const priced = await operator.run(['cloud', 'LOCAL', '--price', '250', '--currency', 'EUR'])
  expect(priced.out).toBe('LOCAL: 2.50 EUR a dataset\n')
  const added = await operator.run(['cloud', 'SECOND', '--add', 'local', '--mode', 'immediate', '--settings', '-'], {
    input: JSON.stringify({ root: home.home }),
  })
  expect({ code: added.code, err: added.err }).toEqual({ code: 0, err: '' })
  expect((await operator.run(['cloud', 'SECOND', '--check'])).code).toBe(0)
  expect((await ada.run(['cloud'])).out).toMatch(/^SECOND +immediate/m)
})
