import type { LookupAddress } from 'node:dns'
import type { CallbackAttempt } from '@waybill/contracts'
import { call, type TestHost, until } from '@waybill/platform/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isPublicAddress } from '../src/models/public-address.ts'
import { type Receiver, startReceiver } from './a-receiver-of-callbacks.ts'
import { cancel, order, startOrderService } from './an-order-and-its-events.ts'

const notPublic = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::127.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '::ffff:169.254.169.254',
  '::ffff:0:127.0.0.1',
  '64:ff9b::10.0.0.1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::8.8.8.8',
  '100::1',
  '2001::1',
  '2001:0:a00:1::', // Teredo by a private server
  '2001:0:808:808:0:0:80ff:fffe', // Teredo of client 127.0.0.1, stored inverted
  '2001:10::1',
  '2001:20::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '2002:a9fe:a9fe::1',
  '2002:c0a8:101::',
  '3fff::1',
  '5f00::1',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
  'rubbish',
]
const areInPublic = [
  '8.8.8.8',
  '1.1.1.1',
  '172.32.0.1',
  '100.128.0.1',
  '192.167.255.255',
  '2606:4700:4700::1111',
  '2a00:1450:4001:82b::200e',
  '::ffff:8.8.8.8',
  '64:ff9b::808:808',
  '2002:808:808::1',
]

test.each(notPublic)('%s is not public', address => {
  expect(isPublicAddress(address)).toBe(false)
})
test.each(areInPublic)('%s is public', address => {
  expect(isPublicAddress(address)).toBe(true)
})

/** A name system that says what a test wants it to say. */
const names = new Map<string, LookupAddress[]>()
const resolve = async (hostname: string) => {
  const found = names.get(hostname)
  if (!found) throw new Error(`ENOTFOUND ${hostname}`)
  return found
}
const isAt = (hostname: string, ...addresses: string[]) =>
  names.set(
    hostname,
    addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 })),
  )

describe('when an order is placed', () => {
  let host: TestHost
  let token: string

  beforeAll(async () => {
    host = await startOrderService({}, { resolve })
    token = host.users.signIn().token
    isAt('public.example', '93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946')
    isAt('private.example', '10.1.2.3')
    isAt('mixed.example', '93.184.216.34', '127.0.0.1')
    isAt('mapped.example', '::ffff:192.168.0.1')
    isAt('nowhere.example')
  })
  afterAll(() => host.stop())

  test.each([
    'https://public.example/hook',
    'https://public.example:8443/hook?a=b',
    'https://8.8.8.8/hook',
    'https://[2606:4700:4700::1111]/hook',
  ])('%s is accepted', async callback_url => {
    expect((await order(host, token, { callback_url })).status).toBe(202)
  })

  test.each([
    ['http://public.example/hook', 'https'],
    ['https://user:pass@public.example/', 'user name'],
    ['https://user@public.example/', 'user name'],
    ['https://private.example/', 'public address'],
    ['https://mixed.example/', 'public address'],
    ['https://mapped.example/', 'public address'],
    ['https://nowhere.example/', 'cannot be found'],
    ['https://unknown.example/', 'cannot be found'],
    ['https://127.0.0.1/', 'public address'],
    ['https://2130706433/', 'public address'],
    ['https://0x7f000001/', 'public address'],
    ['https://0x7f.1/', 'public address'],
    ['https://0177.0.0.1/', 'public address'],
    ['https://127.1/', 'public address'],
    ['https://0/', 'public address'],
    ['https://169.254.169.254/latest/meta-data/', 'public address'],
    ['https://[::1]/', 'public address'],
    ['https://[::ffff:127.0.0.1]/', 'public address'],
    ['https://[::ffff:7f00:1]/', 'public address'],
    ['https://[64:ff9b::7f00:1]/', 'public address'],
    ['https://[2002:7f00:1::]/', 'public address'],
    ['https://[fd00::1]/', 'public address'],
    ['https://[fe80::1]/', 'public address'],
  ])('%s is refused, and the field and the reason are named', async (callback_url, reason) => {
    const reply = await order(host, token, { callback_url })
    expect([reply.status, reply.body.code]).toEqual([400, 'VALIDATION_FAILED'])
    expect(reply.body.errors).toEqual([{ field: 'callback_url', message: expect.stringContaining(reason) }])
  })

  test('a private address is not told to who asks for its name', async () => {
    const reply = await order(host, token, { callback_url: 'https://private.example/' })
    expect(reply.text).not.toContain('10.1.2.3')
  })
})

describe('when the callback is made', () => {
  let host: TestHost
  let receiver: Receiver
  let token: string

  beforeEach(async () => {
    receiver = await startReceiver()
    host = await startOrderService({}, { resolve })
    token = host.users.signIn().token
  })
  afterEach(async () => {
    await host.stop()
    await receiver.stop()
  })

  const firstAttempt = async (processId: string) => {
    const [attempt] = await until(
      async () =>
        (await call<CallbackAttempt[]>(host.url, `GET /callbacks?process_id=${processId}`, { token })).body.data,
      list => list.length > 0,
    )
    return attempt!
  }

  test.each(['127.0.0.1', '::ffff:127.0.0.1'])('a name that has come to mean %s is not connected to', async address => {
    isAt('rebinding.example', '93.184.216.34')
    const callback_url = `https://rebinding.example:${receiver.port}/hook`
    const placed = (await order(host, token, { callback_url })).body.data
    isAt('rebinding.example', address)
    await cancel(host, token, placed)
    const attempt = await firstAttempt(placed.order.process_id)
    expect(attempt).toMatchObject({
      status_code: null,
      error: 'rebinding.example does not lead to a public address',
    })
    expect(attempt.next_attempt_at).not.toBeNull()
    expect(receiver.received).toEqual([])
  })

  test('a name of which one address is private is not connected to at all', async () => {
    isAt('half.example', '93.184.216.34')
    const callback_url = `https://half.example:${receiver.port}/hook`
    const placed = (await order(host, token, { callback_url })).body.data
    isAt('half.example', '93.184.216.34', '127.0.0.1')
    await cancel(host, token, placed)
    expect((await firstAttempt(placed.order.process_id)).error).toContain('does not lead to a public address')
    expect(receiver.received).toEqual([])
  })

  test('a name that is gone by then is an attempt that failed', async () => {
    isAt('gone.example', '93.184.216.34')
    const placed = (await order(host, token, { callback_url: 'https://gone.example/' })).body.data
    names.delete('gone.example')
    await cancel(host, token, placed)
    expect((await firstAttempt(placed.order.process_id)).error).toBe('the host gone.example cannot be found')
  })

  test('a private address that was allowed once is refused when it no longer is', async () => {
    const { principal } = host.users.signIn()
    await host.stop()
    const env = { CALLBACK_ALLOW_PRIVATE: 'true' }
    host = await startOrderService({ env }, { resolve })
    token = host.users.signIn(principal).token
    const placed = (await order(host, token, { callback_url: receiver.url })).body.data
    env.CALLBACK_ALLOW_PRIVATE = 'false'
    host = await host.restart()
    token = host.users.signIn(principal).token
    await cancel(host, token, placed)
    expect((await firstAttempt(placed.order.process_id)).error).toBe('the URL must begin with https://')
    expect(receiver.received).toEqual([])
  })
})
