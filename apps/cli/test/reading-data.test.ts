// Data on the command line: a table for people, a document on each line for programs, and whole files that survive a cut.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { type AddressInfo, createConnection, createServer } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { until } from '@waybill/platform/testing'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
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

test('piped, records are a JSON document on each line, as many as asked for', async () => {
  const few = await ada.run(['data', 'airports', '--limit', '5'])
  expect(
    few.out
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line).iata),
  ).toHaveLength(5)
  const some = await ada.run(['data', 'airports'])
  expect(some.out.trimEnd().split('\n')).toHaveLength(20)
  expect(some.err).toContain('the first 20 records')
  const all = await ada.run(['data', 'airports', '--all'])
  expect(all.out.trimEnd().split('\n')).toHaveLength(3_376)
  expect(all.err).toBe('')
})

test.runIf(process.platform === 'linux')('on a terminal they are a table that fits into it', async () => {
  const { out } = await ada.terminal('waybill data airports --limit 5')
  const lines = out.trimEnd().split(/\r?\n/)
  expect(lines).toHaveLength(7)
  expect(lines[0]).toMatch(/^iata +name +city +state/)
  expect(lines[6]).toMatch(/^airports of LOCAL as of 2\S+Z$/)
  expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(100)
})

test.runIf(process.platform === 'linux')('what would move the cursor does not reach a terminal', async () => {
  const { account } = JSON.parse((await ada.run(['account', '--json'])).out)
  const folder = join(home.home, 'clouds/local', account)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'nasty.ndjson'), `${JSON.stringify({ text: 'a\u001b[2Jb\u0007\nc' })}\n`)
  const { out } = await ada.terminal('waybill data nasty')
  expect(out).toContain('ab  c')
  expect(out).not.toContain('\u001b')
})

/** Passes so many bytes of the server's on each connection, then none, until it is told to go on. */
async function hangingProxy(bytes: number): Promise<{ port: number; goOn: () => void }> {
  let isHanging = true
  const proxy = createServer(client => {
    const upstream = createConnection(Number(new URL(server.url).port), '127.0.0.1')
    let passed = 0
    client.pipe(upstream)
    upstream.on('data', chunk => {
      const part = isHanging ? chunk.subarray(0, bytes - passed) : chunk
      passed += part.length
      client.write(part)
    })
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => {}).on('close', () => other.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  onTestFinished(() => void proxy.close())
  return {
    port: (proxy.address() as AddressInfo).port,
    goOn: () => {
      isHanging = false
    },
  }
}

describe('a download', () => {
  const orderMovies = async () => {
    const { code, out } = await ada.run(['order', 'movies:csv', '--token', 'tok_approve', '--watch', '--json'])
    expect(code).toBe(0)
    const processId = JSON.parse(out.split('\n')[0]!).process.process_id as string
    const { files } = JSON.parse((await ada.run(['data', '--process', processId, '--json'])).out)
    return { processId, file: files[0] as { bytes: number; sha256: string } }
  }
  const sha256Of = async (name: string) =>
    createHash('sha256')
      .update(await readFile(join(ada.folder, name)))
      .digest('hex')
  const parts = async () => (await readdir(ada.folder)).filter(name => name.endsWith('.part'))

  test('that was killed goes on where it was', async () => {
    const { file } = await orderMovies()
    const { port, goOn } = await hangingProxy(200_000)
    // The same server by another address is another one to be signed in at.
    const throughProxy = { WAYBILL_SERVER: `http://127.0.0.1:${port}` }
    const { email } = JSON.parse((await ada.run(['account', '--json'])).out)
    await ada.run(['login', email], { env: throughProxy, input: 'correct horse battery' })

    const first = ada.start(['data', 'movies', '--out', 'movies.csv'], { env: throughProxy })
    const sizes = () => parts().then(names => Promise.all(names.map(name => stat(join(ada.folder, name)))))
    await until(sizes, ([part]) => part !== undefined && part.size > 0)
    first.kill('SIGKILL')
    await first.ended
    goOn()
    const [part] = await sizes()
    expect(part!.size).toBeGreaterThan(0)

    const second = await ada.run(['data', 'movies', '--out', 'movies.csv', '--json'], { env: throughProxy })
    expect(second.code).toBe(0)
    expect(JSON.parse(second.out)).toMatchObject({ resumed_at: part!.size, bytes: file.bytes })
    expect(await sha256Of('movies.csv')).toBe(file.sha256)
    expect(await parts()).toEqual([])
  })

  test('goes on with what is there and takes no byte twice', async () => {
    const { file } = await orderMovies()
    await ada.run(['data', 'movies', '--out', 'whole.csv'])
    const part = `again.csv.${file.sha256.slice(0, 12)}.part`
    await writeFile(join(ada.folder, part), (await readFile(join(ada.folder, 'whole.csv'))).subarray(0, 70_000))
    const { out } = await ada.run(['data', 'movies', '--out', 'again.csv'])
    expect(out).toContain('went on at byte 70000; its SHA-256 is right')
    expect(await sha256Of('again.csv')).toBe(file.sha256)
  })

  test('that is not what was delivered is thrown away, and the next one is whole', async () => {
    const { file } = await orderMovies()
    const part = join(ada.folder, `spoilt.csv.${file.sha256.slice(0, 12)}.part`)
    await writeFile(part, 'spoilt')
    const spoilt = await ada.run(['data', 'movies', '--out', 'spoilt.csv'])
    expect(spoilt.code).toBe(1)
    expect(spoilt.err).toContain('What came is not what was delivered')
    expect(await parts()).toEqual([])
    expect((await ada.run(['data', 'movies', '--out', 'spoilt.csv'])).code).toBe(0)
    expect(await sha256Of('spoilt.csv')).toBe(file.sha256)
  })

  test('goes to another program byte for byte, and not to a terminal', async () => {
    const { file } = await orderMovies()
    const piped = await ada.shell('waybill data movies --out - | sha256sum')
    expect(piped).toMatchObject({ out: `${file.sha256}  -\n`, err: '' })
    expect(await readdir(ada.folder)).not.toContain('-')
    if (process.platform !== 'linux') return
    expect((await ada.terminal('waybill data movies --out -')).out).toContain('pipe it')
  })

  test('of a packed file writes what is stored, checks it, and says what it is', async () => {
    await ada.run(['order', 'movies', '--compression', 'gzip', '--token', 'tok_approve', '--watch'])
    const { out, err } = await ada.run(['data', 'movies', '--out', 'movies.ndjson'])
    expect(out).toMatch(/^movies\.ndjson: movies as ndjson packed with gzip, 3201 records, .* SHA-256 is right/)
    expect(err).toContain('its own name is movies.ndjson.gz')
    const { files } = JSON.parse((await ada.run(['data', '--process', 'last', '--json'])).out)
    expect(files[0]).toMatchObject({ compression: 'gzip', sha256: await sha256Of('movies.ndjson') })
    expect(
      gunzipSync(await readFile(join(ada.folder, 'movies.ndjson')))
        .toString()
        .trimEnd()
        .split('\n'),
    ).toHaveLength(3_201)
    expect((await ada.run(['data', 'movies', '--out', 'movies.ndjson.gz'])).err).not.toContain('its own name')
    expect(
      (await ada.run(['data', 'movies', '--process', 'last', '--limit', '2'])).out.trimEnd().split('\n'),
    ).toHaveLength(2)
    expect((await ada.run(['data', '--process', 'last'])).out).toContain('ndjson, gzip')
    const bad = await ada.run(['order', 'movies', '--compression', 'rar'])
    expect([bad.code, bad.err]).toEqual([2, expect.stringContaining('gzip, zstd')])
  })

  test('of several files asks which', async () => {
    await ada.run(['order', 'cars:csv', 'stocks', '--token', 'tok_approve', '--watch'])
    const { code, err } = await ada.run(['data', '--out', 'x'])
    expect(code).toBe(2)
    expect(err).toContain('cars as csv, stocks as ndjson')
    expect((await ada.run(['data', '--format', 'csv', '--out', 'cars.csv'])).code).toBe(0)
  })
})
