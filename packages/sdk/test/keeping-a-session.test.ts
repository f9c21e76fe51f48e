// Tokens expire and are renewed: once for all who wait, in time, and never twice with the same refresh token.
import { memoryTokens, type TokenStore, type Tokens, Waybill } from '@waybill/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newHome, type RunningServer, runServer } from '../../../test/system/running-server.ts'
import { answer, data, problem, startFakeServer } from './fake-server.ts'

const credentials = { email: 'ada@example.com', password: 'correct horse battery' }
let home: Awaited<ReturnType<typeof newHome>>
let server: RunningServer

beforeAll(async () => {
  home = await newHome()
  server = await runServer(home.home, { JWT_EXPIRES_IN: '6s' })
  await new Waybill({ server: server.url }).signUp({ name: 'Ada', ...credentials })
})
afterAll(async () => {
  await server?.stop()
  await home.remove()
})

/** A client that counts its refreshes, signed in. */
async function signedIn(tokens?: TokenStore) {
  let refreshes = 0
  const waybill = new Waybill({
    ...{ server: server.url, tokens },
    fetch: (input, init) => {
      if (String(input).endsWith('/refresh')) refreshes++
      return fetch(input, init)
    },
  })
  await waybill.signIn(credentials)
  return { waybill, refreshes: () => refreshes }
}

const atOnce = (count: number, ...clients: Waybill[]) =>
  Promise.all(clients.flatMap(client => Array.from({ length: count }, () => client.me.details())))

/** Keeps tokens, and can say that they are good for longer, or shorter, than they are. */
function movableTokens() {
  const store = memoryTokens()
  const move = async (milliseconds: number) => {
    const tokens = (await store.load())!
    await store.save({ ...tokens, expires_at: tokens.expires_at + milliseconds })
  }
  return { store, move }
}

describe('with a real server', () => {
  test('a token that expires soon is renewed before it is used, once for all calls', async () => {
    const { store, move } = movableTokens()
    const { waybill, refreshes } = await signedIn(store)
    await atOnce(3, waybill)
    expect(refreshes()).toBe(0)
    await move(-5_000)
    await atOnce(20, waybill)
    expect(refreshes()).toBe(1)
  })

  test('a token that the server refuses is renewed, once for all calls, and these are made again', async () => {
    const { store } = movableTokens()
    const { waybill, refreshes } = await signedIn(store)
    await store.save({ ...(await store.load())!, access_token: 'not.a.token', expires_at: Date.now() + 60_000 })
    const order = waybill.orders.place({ items: [{ dataset: 'cars' }] }).catch(error => error.code)
    await atOnce(20, waybill)
    expect(await order).toBe('CLOUD_NOT_REGISTERED')
    expect(refreshes()).toBe(1)
  })

  test('a session goes on past the life of its tokens', async () => {
    const { waybill, refreshes } = await signedIn()
    const end = Date.now() + 8_000
    while (Date.now() < end) {
      await waybill.me.details()
      await new Promise(resolve => setTimeout(resolve, 250))
    }
    expect(refreshes()).toBeGreaterThanOrEqual(2)
  })

  test('clients that share a store with a lock share one refresh', async () => {
    const { store, move } = movableTokens()
    let last: Promise<unknown> = Promise.resolve()
    const locked: TokenStore = {
      ...store,
      exclusively: work => {
        const mine = last.then(work)
        last = mine.catch(() => {})
        return mine
      },
    }
    const one = await signedIn(locked)
    const two = await signedIn(locked)
    await move(-5_000)
    await atOnce(5, one.waybill, two.waybill)
    expect(one.refreshes() + two.refreshes()).toBe(1)
  })

  test('a session that the server has ended is over here, too', async () => {
    const { store, move } = movableTokens()
    const { waybill } = await signedIn(store)
    const stolen = { ...(await store.load())! } as Tokens
    const thief = new Waybill({ server: server.url, tokens: memoryTokens({ ...stolen, expires_at: 0 }) })
    await thief.me.details()
    await move(-60_000)
    await expect(waybill.me.details()).rejects.toMatchObject({
      ...{ code: 'NOT_AUTHENTICATED', message: 'the session has ended: sign in again' },
    })
    expect(await waybill.isSignedIn()).toBe(false)
    await expect(waybill.me.details()).rejects.toThrow('nobody is signed in: call signIn first')
  })
})

test('a refresh whose answer is lost is not sent again by itself, and the session is kept', async () => {
  const fake = await startFakeServer(response => response.destroy(), problem(503, 'DEPENDENCY_UNAVAILABLE', true))
  const tokens = memoryTokens({ access_token: 'old', refresh_token: 'r', expires_at: 0 })
  const waybill = new Waybill({ server: fake.url, tokens })
  await expect(waybill.clouds.check('LOCAL')).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' })
  await expect(waybill.orders.get('x')).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' })
  expect(fake.sent.map(({ path }) => path)).toEqual(Array(2).fill('/authentication/refresh'))
  expect(await waybill.isSignedIn()).toBe(true)
  await fake.stop()
})

test('a refused token is tried once more, not for ever; as 501, too, where the server is told to say that', async () => {
  const refusal = problem(501, 'NOT_AUTHENTICATED', false)
  const pair = data({ access_token: 'new', refresh_token: 'r2', expires_in: 900 })
  const fake = await startFakeServer(refusal, pair, refusal, answer(500, ''))
  const tokens = memoryTokens({ access_token: 'old', refresh_token: 'r', expires_at: Date.now() + 60_000 })
  const waybill = new Waybill({ server: fake.url, tokens })
  await expect(waybill.me.details()).rejects.toMatchObject({ code: 'NOT_AUTHENTICATED', status: 501 })
  expect(fake.sent.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', undefined, 'Bearer new'])
  await fake.stop()
})
