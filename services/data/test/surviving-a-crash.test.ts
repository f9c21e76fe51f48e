import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, open, readdir, stat, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import type { OrderConfirmed } from '@waybill/contracts'
import { openTestDatabases, startService } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { expect, test } from 'vitest'
import { createDataService } from '../src/data-service.ts'

const rows = 8_000_000
const blocks = 80
const mebibyte = 1024 * 1024

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

/** About 210 MB of CSV, enough to be caught at work; answers the checksum of its NDJSON. */
async function writeLargeCsv(file: string): Promise<string> {
  const ids = Array.from({ length: rows / blocks }, (_, at) => at)
  const csv = Buffer.from(ids.map(id => `${id},row number ${id},${id}\n`).join(''))
  const ndjson = Buffer.from(ids.map(id => `{"id":"${id}","name":"row number ${id}","value":"${id}"}\n`).join(''))
  const hash = createHash('sha256')
  const out = await open(file, 'w')
  await out.write('id,name,value\n')
  for (let block = 0; block < blocks; block++) {
    await out.write(csv)
    hash.update(ndjson)
  }
  await out.close()
  return hash.digest('hex')
}

async function firstLine(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout! })
  const [line] = await once(lines, 'line')
  return line
}

test('an export whose process is killed goes on at its checkpoint, is the right file, and takes little memory', async () => {
  const home = await mkdtemp(join(tmpdir(), 'waybill-crash-'))
  const secretKey = randomBytes(32)
  const account = uuidv7()
  const facts: OrderConfirmed = {
    ...{ order_id: uuidv7(), process_id: uuidv7(), user_id: account, cloud: 'LOCAL', account },
    items: [{ dataset: 'large', format: 'ndjson' }],
  }
  const folder = join(home, 'clouds', 'local', account)
  await mkdir(folder, { recursive: true })
  const source = join(folder, 'large.csv')
  const expected = await writeLargeCsv(source)
  await utimes(source, 1_700_000_000, 1_700_000_000)

  const script = fileURLToPath(new URL('./host-for-a-crash.ts', import.meta.url))
  const databases = await openTestDatabases(home)
  const options = [home, databases.urls.data, secretKey.toString('base64'), JSON.stringify(facts)]
  const child = spawn(process.execPath, [script, ...options], { stdio: ['ignore', 'pipe', 'inherit'] })
  expect(await firstLine(child)).toBe('export.progressed')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const delivery = join(folder, '.waybill', facts.process_id)
  const [part] = (await readdir(delivery)).filter(name => /^large\.ndjson\..*\.part$/.test(name))
  expect((await stat(join(delivery, part!))).size).toBeGreaterThan(mebibyte)
  await expect(stat(join(delivery, 'large.ndjson'))).rejects.toThrow('ENOENT')
  // Spoils the beginning without a trace: a run that read it once more would make another file.
  const spoiling = await open(source, 'r+')
  await spoiling.write('9,spoilt data', 'id,name,value\n'.length)
  await spoiling.close()
  await utimes(source, 1_700_000_000, 1_700_000_000)

  const before = process.memoryUsage()
  let most = 0
  const watching = setInterval(() => {
    const { arrayBuffers, heapUsed } = process.memoryUsage()
    most = Math.max(most, arrayBuffers + heapUsed - before.arrayBuffers - before.heapUsed)
  }, 20)
  const host = await startService([createDataService], { home, secretKey })
  const { data } = await host.broker.waitFor('export.finished', facts.order_id)
  clearInterval(watching)
  expect(data.records).toBe(rows)
  expect(await sha256Of(join(delivery, 'large.ndjson'))).toBe(expected)
  expect(most).toBeLessThan(Math.min(data.bytes / 2, 100 * mebibyte))
  await host.stop()
  await databases.release()
}, 60_000)
