// The journey of the README, pasted into a shell as it stands there.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readPage, runnableBlocks } from '../docs/markdown.ts'
import { newCheckout, runBlocks } from '../docs/run-page.ts'
import { deploy } from './deployment.ts'

test('the journey of the README works as it is written', async () => {
  const deployment = await deploy()
  onTestFinished(deployment.remove)
  const { folder, remove } = await newCheckout()
  onTestFinished(remove)
  const instead = { 'http://localhost:8000': deployment.url }
  const printed = await runBlocks(runnableBlocks(readPage('README.md')), { folder, instead })

  expect(printed).toContain('"email":"ada-')
  expect(printed).toContain('"datasets":[')
  expect(printed).toContain('"records":[{')
  expect(printed).toContain('{"cloud":"LOCAL","amount":100,"currency":"USD"}')
  const events = [...printed.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!))
  expect(events.at(-1)).toMatchObject({ status: 1, percentage: 100, state: 'success' })
  expect(printed).toMatch(/"sha256":"[0-9a-f]{64}"/)
  expect(printed).toContain('"state":"captured"')
  const lines = async (file: string) => (await readFile(join(folder, file), 'utf8')).trimEnd().split('\n')
  expect(JSON.parse((await lines('airports.ndjson'))[0]!)).toHaveProperty('iata')
  expect((await lines('movies.csv'))[0]).toMatch(/^Title,/)
  await deployment.stop()
})
