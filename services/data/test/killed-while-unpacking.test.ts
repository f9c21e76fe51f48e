import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startService } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { expect, test } from 'vitest'
import { createDataService } from '../src/data-service.ts'
import { exportUntilKilled, readDelivered } from './clouds/killed-export.ts'
import { parquet } from './parquet-files.ts'

const rows = 1_200_000

test('an export of Parquet whose process is killed goes on at its row, and is the right file', async () => {
  const home = await mkdtemp(join(tmpdir(), 'waybill-parquet-'))
  const secretKey = randomBytes(32)
  const account = uuidv7()
  const folder = join(home, 'clouds', 'local', account)
  await mkdir(folder, { recursive: true })
  const name = `name ${'n'.repeat(40)}`
  const columns = [
    { name: 'id', data: Int32Array.from({ length: rows }, (_, id) => id), type: 'INT32' as const },
    { name: 'name', data: Array.from({ length: rows }, () => name), type: 'STRING' as const },
  ]
  await writeFile(join(folder, 'large.parquet'), parquet(columns, { rowGroupSize: 100_000, statistics: false }))
  const sum = createHash('sha256')
  for (let id = 0; id < rows; id++) sum.update(`{"id":${id},"name":"${name}"}\n`)

  const { facts, databases } = await exportUntilKilled(home, { cloud: 'LOCAL', account, secretKey })
  const host = await startService([createDataService], { home, secretKey })
  const [file] = await host.query('data', 'select checkpoint from export_files where process_id = ?', facts.process_id)
  expect(Number(JSON.parse(String(file!.checkpoint)).cursor)).toBeGreaterThan(0)
  const { data } = await host.broker.waitFor('export.finished', facts.order_id)
  expect(data.records).toBe(rows)
  expect(
    createHash('sha256')
      .update(await readDelivered(host, facts))
      .digest('hex'),
  ).toBe(sum.digest('hex'))
  await host.stop()
  await databases.release()
}, 60_000)
