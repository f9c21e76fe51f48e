import { createHash, randomBytes } from 'node:crypto'
import { createVault } from '@waybill/platform/auth'
import { startService } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { expect, test } from 'vitest'
import { CloudRegistry } from '../../src/clouds/cloud-registry.ts'
import { addCloud } from '../../src/dao/cloud-dao.ts'
import { createDataService } from '../../src/data-service.ts'
import { startContext } from './cloud-under-test.ts'
import { startFakeS3 } from './fake-s3.ts'
import { exportUntilKilled, readDelivered } from './killed-export.ts'

const mebibyte = 1024 * 1024
const ids = Array.from({ length: 1_500_000 }, (_, at) => at)

test('an export to S3 whose process is killed goes on where it was in its source, with the parts that it had written', async () => {
  const s3 = await startFakeS3({ bucket: 'waybill-data', isRefused: () => false })
  const context = await startContext()
  const { home } = context
  const secretKey = randomBytes(32)
  const account = uuidv7()
  await s3.put(`${account}/large.csv`, `id,name\n${ids.map(id => `${id},row number ${id}\n`).join('')}`)
  const sum = createHash('sha256')
  for (const id of ids) sum.update(`{"id":"${id}","name":"row number ${id}"}\n`)

  const settings = { bucket: 'waybill-data', region: 'us-east-1', endpoint: s3.gate.url }
  const keys = { access_key_id: 'AKIAWAYBILL', secret_access_key: 'secret' }
  const registry = new CloudRegistry(createVault(secretKey), context)
  await context.database.transaction(tx =>
    addCloud(tx, {
      ...{ name: 'BUCKET', driver: 'aws', mode: 'immediate', enabled: 1, created_at: 0, updated_at: 0 },
      sealed_settings: registry.seal('BUCKET', { ...settings, ...keys }),
    }),
  )
  const { facts, databases } = await exportUntilKilled(home, { cloud: 'BUCKET', account, secretKey })
  const partsPut = () => s3.gate.calls.filter(made => /^PUT .*partNumber=/.test(made))
  expect(partsPut().length).toBeGreaterThan(0)

  const readsBefore = s3.gate.reads.length
  const host = await startService([createDataService], { home, secretKey })
  const { data } = await host.broker.waitFor('export.finished', facts.order_id)
  expect(Math.min(...s3.gate.reads.slice(readsBefore))).toBeGreaterThanOrEqual(mebibyte)
  expect(data.records).toBe(ids.length)
  const text = await readDelivered(host, facts)
  expect(createHash('sha256').update(text).digest('hex')).toBe(sum.digest('hex'))
  // Of one upload all, and only what came behind the checkpoint twice.
  const uploads = new Set(partsPut().map(made => new URL(made.slice(4), s3.gate.url).searchParams.get('uploadId')))
  expect(uploads.size).toBe(1)
  expect(partsPut().filter(made => made.includes('partNumber=1&'))).toHaveLength(1)
  expect(s3.count(`${account}/.waybill/`)).toBe(1)
  await host.stop()
  await databases.release()
  await context.close()
  await s3.stop()
}, 60_000)
