// Signing in: what is kept, for whom, and how it stays good.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { newHome, type RunningServer, runServer } from '../../../test/system/running-server.ts'
import { newCustomer, newPerson, type Person, password } from './waybill-command.ts'

let server: RunningServer
let home: Awaited<ReturnType<typeof newHome>>

beforeAll(async () => {
  home = await newHome()
  // Shorter than the margin within which tokens are refreshed: every command refreshes.
  server = await runServer(home.home, { JWT_EXPIRES_IN: '4s' })
})
afterAll(async () => {
  await server?.stop()
  await home?.remove()
})

async function person(): Promise<Person> {
  const made = await newPerson(server.url)
  onTestFinished(made.remove)
  return made
}
async function customer(): Promise<Person & { email: string }> {
  const made = await newCustomer(server.url)
  onTestFinished(made.remove)
  return made
}
const readSignIn = async ({ config }: Person) =>
  JSON.parse(await readFile(join(config, 'waybill/sign-in.json'), 'utf8'))
const modeOf = async (path: string) => (await stat(path)).mode & 0o777

describe('registering', () => {
  test('signs in, with the password from stdin', async () => {
    const ada = await person()
    const email = `${randomUUID()}@example.com`
    const { code, out, err } = await ada.run(['register', email, '--name', 'Ada', '--cloud', 'LOCAL', '--json'], {
      input: `${password}\n`,
    })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(out)).toMatchObject({ email, name: 'Ada', cloud: 'LOCAL' })
    const account = await ada.run(['account'])
    expect(account.out).toContain(`Ada <${email}>, customer`)
  })

  test('an address that is taken is refused, with title, detail, code and request id', async () => {
    const { email } = await customer()
    const other = await person()
    const { code, out, err } = await other.run(['register', email], { env: { WAYBILL_PASSWORD: password } })
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain('The e-mail address is taken')
    expect(err).toMatch(/code EMAIL_TAKEN, request [\w.-]+/)
  })

  test('a password that is too short and a bad address are both named', async () => {
    const { code, err } = await (await person()).run(['register', 'nobody'], { input: 'short' })
    expect(code).toBe(1)
    expect(err).toMatch(/^ {2}email: /m)
    expect(err).toMatch(/^ {2}password: /m)
    expect(err).not.toContain('short\n')
  })
})

describe('what is kept', () => {
  test('is readable by its owner alone, also in a folder that was open to others', async () => {
    const ada = await person()
    await mkdir(join(ada.config, 'waybill'), { recursive: true, mode: 0o777 })
    await ada.run(['register', `${randomUUID()}@example.com`], { input: password })
    expect(await modeOf(join(ada.config, 'waybill'))).toBe(0o700)
    for (const file of ['config.json', 'sign-in.json', 'sign-in.lock']) {
      expect(await modeOf(join(ada.config, 'waybill', file)), file).toBe(0o600)
    }
  })

  test('is under ~/.config where XDG_CONFIG_HOME is not set or not absolute', async () => {
    const ada = await person()
    const env = { XDG_CONFIG_HOME: 'relative', WAYBILL_PASSWORD: password }
    await ada.run(['register', `${randomUUID()}@example.com`], { env })
    expect(existsSync(join(ada.folder, '.config/waybill/sign-in.json'))).toBe(true)
  })

  test('a profile remembers its server and its user', async () => {
    const ada = await customer()
    const work = `${randomUUID()}@example.com`
    const first = await ada.run(['register', work, '--profile', 'work'], { input: password })
    expect(first.code).toBe(0)
    const env = { WAYBILL_SERVER: '' }
    expect((await ada.run(['account', '--profile', 'work'], { env })).out).toContain(work)
    expect((await ada.run(['account'], { env: { ...env, WAYBILL_PROFILE: 'work' } })).out).toContain(work)
    expect((await ada.run(['account'], { env })).out).toContain(ada.email)
  })

  test('is never shown to another server', async () => {
    const ada = await customer()
    const seen: (string | undefined)[] = []
    const other = createServer((request, response) => {
      seen.push(request.headers.authorization)
      response.writeHead(401).end()
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const { code, err } = await ada.run(['orders', '--server', `http://127.0.0.1:${port}`])
    expect(code).toBe(1)
    expect(err).toContain('waybill login')
    expect(seen.filter(it => it !== undefined)).toEqual([])
  })
})

describe('tokens', () => {
  test('are refreshed and kept for the next command', async () => {
    const ada = await customer()
    const before = (await readSignIn(ada)).default[server.url]
    expect((await ada.run(['orders'])).code).toBe(0)
    const after = (await readSignIn(ada)).default[server.url]
    expect(after.refresh_token).not.toBe(before.refresh_token)
    expect(after.email).toBe(ada.email)
    expect((await ada.run(['orders'])).code).toBe(0)
  })

  test('commands at the same time never use one refresh token twice, which would end the session', async () => {
    const ada = await customer()
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => ada.run(['orders'])))
    expect(outcomes.map(({ code, err }) => ({ code, err }))).toEqual(Array(4).fill({ code: 0, err: '' }))
    expect((await ada.run(['account'])).code).toBe(0)
  })

  test('work no more after signing out', async () => {
    const ada = await customer()
    expect((await ada.run(['logout'])).code).toBe(0)
    const { code, err } = await ada.run(['orders'])
    expect(code).toBe(1)
    expect(err).toContain('You are not signed in')
    expect((await readSignIn(ada)).default).toEqual({})
  })
})

test('a wrong password is refused; the right one signs in', async () => {
  const ada = await customer()
  const wrong = await ada.run(['login', ada.email, '--json'], { input: 'wrong password' })
  expect(wrong.code).toBe(1)
  expect(JSON.parse(wrong.err)).toMatchObject({ code: 'INVALID_CREDENTIALS', status: 401 })
  const right = await ada.run(['login', ada.email], { input: password })
  expect(right.out).toContain(`signed in as ${ada.email} (customer)`)
})

test.runIf(process.platform === 'linux')('a password that is typed is not shown', async () => {
  const ada = await customer()
  const { code, out } = await ada.terminal(`waybill login ${ada.email}`, { input: `${password}\n` })
  expect(code).toBe(0)
  expect(out).toContain('Password: ')
  expect(out).toContain(`signed in as ${ada.email}`)
})
