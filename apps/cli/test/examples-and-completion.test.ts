// Every example of every help runs as it stands there, together they show how every call is made, and what can be completed is completed.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OperationName, operations } from '../../../packages/sdk/src/operations.ts'
import type { CloudDriver } from '../../../services/data/src/clouds/factory.ts'
import { newHome, type RunningServer, runServer } from '../../../test/system/running-server.ts'
import { commandTable } from '../src/command-table.ts'
import { newPerson, type Person, password } from './waybill-command.ts'

let server: RunningServer
let home: Awaited<ReturnType<typeof newHome>>
let receiver: Server
let received = 0
let ada: Person
let operator: Person
const env = { WAYBILL_PASSWORD: password, WAYBILL_CONFIG_KEY: randomBytes(32).toString('base64') }

beforeAll(async () => {
  home = await newHome()
  server = await runServer(home.home)
  receiver = createServer((request, response) => {
    received++
    request.resume().on('end', () => response.writeHead(204).end())
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  ada = await newPerson(server.url)
  await ada.run(['register', 'ada@example.com', '--cloud', 'LOCAL'], { input: password })
  // Something that was paid: what an operator may give back.
  await ada.run(['order', 'airports', '--token', 'tok_approve', '--watch'])
  // What the examples of `waybill config` are about.
  await writeFile(join(ada.folder, 'stripe.key'), 'sk_test_example\n')
  await writeFile(
    join(ada.folder, 'settings.json'),
    JSON.stringify({ default: { LOG_LEVEL: 'info' }, dev: { STRIPE_SECRET_KEY: 'sk_test_example' }, prod: {} }),
  )
  operator = await newPerson(server.url)
  const { email, password: secret } = server.operator!
  expect((await operator.run(['login', email], { input: secret })).code).toBe(0)
})
afterAll(async () => {
  receiver?.close()
  await ada?.remove()
  await operator?.remove()
  await server?.stop()
  await home?.remove()
})

/** The indented lines below `Examples:`, with who is to run them: that stands in the line above. */
async function examplesOf(name: string): Promise<{ line: string; isForOperators: boolean }[]> {
  const { out } = await ada.run([name, '--help'])
  const [, examples = ''] = out.split('\nExamples:\n')
  return [...examples.matchAll(/^ {2}# (.*)\n {2}(?! )(.*)$/gm)].map(([, what, line]) => ({
    line: line!,
    isForOperators: what!.startsWith('Operators: '),
  }))
}

describe.each(commandTable.map(({ name, group }) => ({ name, group })))('waybill $name --help', ({ name, group }) => {
  test('has examples, and each of them runs', async () => {
    const examples = await examplesOf(name)
    expect(examples.length).toBeGreaterThan(0)
    for (const { line: example, isForOperators } of examples) {
      const person = group === 'Operators' || isForOperators ? operator : ada
      const { port } = receiver.address() as AddressInfo
      const line = example
        .replace('http://localhost:8000', server.url)
        .replace('http://localhost:3000', `http://127.0.0.1:${port}`)
        // An address is registered once.
        .replace('waybill register ada@', 'waybill register ada-again@')
      const { code, err } = await person.shell(line, { env })
      expect({ line, code, err: code === 0 ? '' : err }).toEqual({ line, code: 0, err: '' })
      if (name === 'logout') await person.run(['login', 'ada@example.com'], { input: password })
    }
    if (name === 'listen') expect(received).toBe(1)
  }, 60_000)
})

test('whoever types the examples of every help has made every call there is', async () => {
  // What no example can show where all is well.
  await ada.run(['callbacks', 'last', '--resend'])
  const [order] = JSON.parse((await ada.run(['orders', '--limit', '1', '--json'])).out)
  await operator.run(['retry', order.id, '--dead-letters'])
  await operator.run(['dead-letters', '--replay', '01890000-0000-7000-8000-000000000000'])
  const notTyped: Partial<Record<OperationName, string>> = {
    refreshSession: 'every command does it where it must',
    showOrderStatus: 'GET /order/:id has it',
    listPaymentsOfOrders: 'a batch of GET /payment/details',
    listExportsOfProcesses: 'a batch of GET /exports/:process_id',
    showExport: 'GET /order/:id/explain has it',
    checkReadiness: 'waybill doctor',
    readMetrics: 'for Prometheus',
  }
  const counted = await (await fetch(`${server.url}/metrics`)).text()
  const missing = Object.entries(operations).flatMap(([name, call]) => {
    const [method, path] = call.split(' ')
    const route = path!.replace(/\{(\w+)\}/g, ':$1')
    const isMade = counted.includes(`duration_seconds_count{method="${method}",route="${route}"`)
    return isMade || name in notTyped ? [] : [call]
  })
  expect(missing).toEqual([])
}, 30_000)

test('waybill cloud --help names every driver with its settings', async () => {
  const { description } = (await commandTable.find(({ name }) => name === 'cloud')!.load()).command
  const folder = new URL('../../../services/data/src/clouds/drivers/', import.meta.url)
  const files = await readdir(folder)
  expect(files.length).toBeGreaterThan(5)
  for (const file of files) {
    const { driver }: { driver: CloudDriver } = await import(new URL(file, folder).href)
    const line = description.match(new RegExp(`^ {2}${file.replace('.ts', '')} +(.+)$`, 'm'))?.[1]
    const shown = line?.replace('the same as aws', description.match(/^ {2}aws +(.+)$/m)![1]!)
    for (const name of Object.keys(driver.settings.describe().keys)) expect(shown).toMatch(new RegExp(`\\b${name}\\b`))
  }
})

describe('completion', () => {
  const complete = async (words: string) => {
    const line = `eval "$(waybill completion bash)"; COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _waybill; echo "\${COMPREPLY[@]}"`
    const { out, err } = await ada.shell(line)
    expect(err).toBe('')
    return out.trim().split(' ')
  }

  test('of bash knows commands, options and the words that they take', async () => {
    expect(await complete("waybill 'or'")).toEqual(['order', 'orders'])
    expect(await complete("waybill orders '--st'")).toEqual(['--state'])
    expect(await complete("waybill orders --state ''")).toEqual(['created', 'confirmed', 'delivered', 'cancelled'])
    expect(await complete("waybill --json data '--pro'")).toEqual(['--process', '--profile'])
    expect(await complete("waybill completion 'z'")).toEqual(['zsh'])
    expect(await complete("waybill watch 'l'")).toEqual(['last'])
    // Three words to bash.
    expect(await complete("waybill orders --state '=' 'de'")).toEqual(['delivered'])
    expect(await complete("waybill orders --state '='")).toHaveLength(4)
  })

  test('of zsh names every command and option', async () => {
    const { code, out } = await ada.run(['completion', 'zsh'])
    expect(code).toBe(0)
    expect(out).toMatch(/^#compdef waybill$/m)
    for (const { name, load } of commandTable) {
      expect(out).toContain(`'${name}:`)
      for (const { flags } of (await load()).command.options ?? []) {
        expect(out).toContain(`'${flags.match(/--[\w-]+/)![0]}[`)
      }
    }
  })
})

test('every option that docs/cli.md names is one of that command', async () => {
  const tour = await readFile(new URL('../../../docs/cli.md', import.meta.url), 'utf8')
  const lines = [...tour.matchAll(/^(?:npx )?waybill ([a-z-]+)(.*?)(?: +#.*)?$/gm)]
  expect(lines.length).toBeGreaterThan(6)
  for (const [line, name, words] of lines) {
    const { out } = await ada.run([name!, '--help'])
    for (const [option] of words!.matchAll(/(?<=\s)--[a-z-]+/g)) expect(out, line).toMatch(new RegExp(`${option}\\b`))
  }
})
