// How a command ends: 0 done, 1 refused, 2 the line is wrong, 3 the server is out of reach, and what stderr says then.
import { errorCatalogue } from '@waybill/contracts'
import { freePort } from '@waybill/platform/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newHome, type RunningServer, runServer } from '../../../test/system/running-server.ts'
import { commandTable } from '../src/command-table.ts'
import { remedies } from '../src/remedies.ts'
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

describe('done, 0', () => {
  test.each(['--version', '--help', 'order --help', 'help order', 'orders'])('waybill %s', async line => {
    const words = line.split(' ')
    const { code, err } = await ada.run(words)
    expect({ code, err }).toEqual({ code: 0, err: '' })
  })

  test('it starts quickly: --version loads no command and no client', async () => {
    const loaded = await ada.run(['--version'], { env: { NODE_DEBUG: 'esm' } })
    expect(loaded.err).not.toContain('packages/sdk')
    expect(loaded.err).not.toContain('cli/src/commands/')
  })

  test('a reader that has had enough is no failure', async () => {
    const { code, out, err } = await ada.shell('set -o pipefail; waybill data airports --all | head -n 1')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(out)).toHaveProperty('iata')
  })
})

describe('refused, 1', () => {
  test('says what the problem is: title, detail, code and request id', async () => {
    const { code, out, err } = await ada.run(['cancel', '01a20227-cc8a-754e-b8a0-0fc443d57d5a'])
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/^There is no such order$/m)
    expect(err).toMatch(/^code ORDER_NOT_FOUND, request [\w.-]+$/m)
  })

  test('names every bad field', async () => {
    const { code, err } = await ada.run(['order', '.hidden', 'airports', '--token', 'tok_nonsense'])
    expect(code).toBe(1)
    expect(err).toMatch(/^ {2}items\[0\]\.dataset: /m)
    expect(err).toMatch(/^ {2}payment\.token: /m)
  })

  test('with --json the problem is JSON, on stderr', async () => {
    const { code, out, err } = await ada.run(['--json', 'explain', 'rubbish'])
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(JSON.parse(err)).toMatchObject({
      code: 'VALIDATION_FAILED',
      status: 400,
      title: 'Some fields are not as they must be',
      request_id: expect.any(String),
      errors: [{ field: 'id', message: expect.any(String) }],
    })
  })

  test('an order that ends without a delivery: the reason is told', async () => {
    const declined = await ada.run(['order', 'airports', '--token', 'tok_decline', '--watch'])
    expect(declined.code).toBe(1)
    expect(declined.err).toContain('The process has failed')
    expect(declined.err).toContain('declined')
    const unknown = await ada.run(['order', 'no-such-dataset', '--token', 'tok_approve', '--watch'])
    expect(unknown.code).toBe(1)
    expect(unknown.err).toContain('no-such-dataset')
  })

  test('nobody is signed in: what to do', async () => {
    const { code, err } = await ada.run(['orders', '--profile', 'nobody'])
    expect(code).toBe(1)
    expect(err).toContain('waybill login <e-mail>')
  })
})

describe('the line is wrong, 2', () => {
  test.each([
    ['a command that there is not', ['ordr'], /unknown command 'ordr'[\s\S]*Did you mean orders?/, 'waybill --help'],
    ['no command', [], /a command is missing/, 'waybill --help'],
    ['an argument too few', ['watch'], /missing required argument 'process-id'/, 'waybill watch last'],
    ['an argument too many', ['cancel', 'a', 'b'], /too many arguments/, 'waybill cancel last'],
    ['an option that there is not', ['orders', '--sate'], /unknown option '--sate'[\s\S]*--state/, 'waybill orders'],
    [
      'a state that there is not',
      ['orders', '--state', 'lost'],
      /created, confirmed, delivered, cancelled/,
      'waybill orders',
    ],
    ['a limit that is no number', ['data', 'airports', '--limit', 'x'], /--limit must be a whole number/, '--limit 1'],
    [
      'a format that there is not',
      ['order', 'movies:pdf'],
      /movies:pdf.*ndjson or csv/,
      'waybill order movies cars:csv',
    ],
    ['a server that is no URL', ['orders', '--server', 'example'], /http:\/\/ or https:\/\//, '--server https://'],
    ['a password on the line', ['login', 'a@example.com', '--password', 'x'], /seen by others/, 'waybill login ada'],
    ['no password', ['login', 'a@example.com'], /no password was given/, 'waybill login ada'],
    ['a shell that there is not', ['completion', 'fish'], /bash, zsh/, 'waybill completion bash'],
    ['two things that exclude each other', ['data', 'cars', '--format', 'csv'], /--format goes with --out/, '--out'],
  ])('%s: what was wrong, and a line that is right', async (_, words, wrong, right) => {
    const { code, out, err } = await ada.run(words)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(wrong)
    expect(err).toContain('This would be right:')
    expect(err).toContain(right)
  })

  test('with --json as JSON', async () => {
    const { code, err } = await ada.run(['watch', '--json'])
    expect(code).toBe(2)
    expect(JSON.parse(err)).toMatchObject({ code: 'USAGE', correct: expect.stringContaining('waybill watch last') })
  })
})

describe('the server is out of reach, 3', () => {
  test('says which address and what to check', async () => {
    const address = `http://127.0.0.1:${await freePort()}`
    for (const words of [['doctor'], ['login', 'ada@example.com']]) {
      const { code, err } = await ada.run([...words, '--server', address], { input: 'correct horse battery' })
      expect(code).toBe(3)
      expect(err).toContain(address)
      expect(err).toContain('--server or WAYBILL_SERVER names another')
    }
  })

  test('with --json as JSON', async () => {
    const address = `http://127.0.0.1:${await freePort()}`
    const { code, err } = await ada.run(['cloud', '--json', '--server', address])
    expect(code).toBe(3)
    expect(JSON.parse(err)).toMatchObject({ code: 'SERVER_UNREACHABLE', detail: expect.stringContaining(address) })
  })
})

describe('what helps on', () => {
  test('help of a command shows its arguments, options and examples, whichever way it is asked for', async () => {
    const { out } = await ada.run(['help', 'users'])
    expect(out).toBe((await ada.run(['users', '--help'])).out)
    expect(out).toContain('waybill users [options] [user-id]')
  })

  test('a refusal names the command that helps, and says nothing twice', async () => {
    const unknown = await ada.run(['data', 'nope'])
    expect(unknown.err).toContain('\nwaybill data lists the datasets\n')
    const twice = await ada.run(['order', 'airports', 'airports'])
    expect(twice.err.match(/contains a duplicate value/g)).toHaveLength(1)
  })

  test('every command that a refusal names is one', async () => {
    const named = Object.values(remedies).flatMap(it => it.match(/(?<=\bwaybill )[a-z-]+/g) ?? [])
    expect(named.length).toBeGreaterThan(15)
    for (const name of named) expect(commandTable.map(row => row.name)).toContain(name)
    for (const code of Object.keys(remedies)) expect(errorCatalogue).toHaveProperty(code)
  })

  test('a currency without a price, and a time that is none, are no lines', async () => {
    for (const line of ['cloud LOCAL --currency EUR', 'audit --since yesterday', 'orders --limit 0']) {
      expect(await ada.run(line.split(' '))).toMatchObject({ code: 2, out: '' })
    }
  })
})
