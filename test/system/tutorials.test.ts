// The API client's tutorial and the tour of the command line, followed to the letter on one process.
import { join } from 'node:path'
import { freePort } from '@waybill/platform/testing'
import { expect, onTestFinished, test } from 'vitest'
import { readPage, root, runnableBlocks } from '../docs/markdown.ts'
import { newCheckout, runBlocks } from '../docs/run-page.ts'
import { type Deployment, deploy } from './deployment.ts'

async function start(): Promise<Deployment> {
  const deployment = await deploy({ topology: 'embedded', env: { CALLBACK_ALLOW_PRIVATE: 'true' } })
  onTestFinished(deployment.remove)
  return deployment
}

/** Answers what was printed. */
async function follow(path: string, how: { env?: Record<string, string>; instead?: Record<string, string> }) {
  const { folder, remove } = await newCheckout()
  onTestFinished(remove)
  return runBlocks(runnableBlocks(readPage(path)), { folder, ...how })
}

test('api-client.md: from signing up to a callback that was verified', async () => {
  const deployment = await start()
  const instead = { 'http://localhost:8000': deployment.url, '3000': String(await freePort()) }
  const printed = await follow('docs/tutorials/api-client.md', { instead })
  expect(printed).toContain('"code":"VALIDATION_FAILED"')
  expect(printed).toMatch(/idempotency-replayed: true/i)
  const [, checksum] = /^([0-9a-f]{64}) {2}movies\.csv$/m.exec(printed)!
  expect(printed).toContain(`"sha256":"${checksum}"`)
  expect(printed).toContain('"state":"captured"')
  expect(printed).toMatch(/^airports\.csv: 3376 records, sha256 [0-9a-f]{64}$/m)
  expect(printed).toMatch(/PROCESS_FAILED: .*no-such-data/)
  expect(printed).toMatch(/^400$/m)
  expect(printed).toMatch(/^callback \S+: process \S+ is success$/m)
  expect(printed).toMatch(/"attempt":1,"status_code":204/)
  await deployment.stop()
})

test('cli.md: the tour of the command line', async () => {
  const deployment = await start()
  const { folder, remove } = await newCheckout()
  onTestFinished(remove)
  const env = {
    PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
    WAYBILL_SERVER: deployment.url,
    WAYBILL_PASSWORD: 'correct horse battery',
    XDG_CONFIG_HOME: folder,
  }
  const printed = await follow('docs/cli.md', { env })
  for (const dataset of ['airports', 'movies', 'cars']) expect(printed).toContain(dataset)
  expect(printed).toContain('delivered')
  expect(printed).toContain('cars.csv')
  await deployment.stop()
})

test('configuration.md: the example of three stages, its secrets encrypted', async () => {
  const printed = await follow('docs/configuration.md', {})
  expect(printed).toMatch(/^WAYBILL_SECRET_KEY of prod encrypted$/m)
  expect(printed).toMatch(/^settings\.json: default, dev, qa, prod in order$/m)
  expect(printed).toMatch(/^ORDER_DATABASE_URL +secret [0-9a-f]{12} +secret [0-9a-f]{12}$/m)
})
