import { expect, test } from 'vitest'
import { type MclassDataset, startMclassSimulator } from '../../simulator/start-mclass-simulator.ts'
import { type CloudUnderTest, openCloud, startContext } from './cloud-under-test.ts'
import { describeCloud } from './conformance.ts'
import { startFaultGate } from './fault-gate.ts'

describeCloud('mclass', async (): Promise<CloudUnderTest> => {
  const context = await startContext()
  const accounts = new Map<string, MclassDataset[]>()
  const simulator = await startMclassSimulator({ datasetsOf: account => accounts.get(account) })
  const gate = await startFaultGate({ target: simulator.url })
  const settings = { url: gate.url, client_id: 'waybill', client_secret: 'mclass-secret' }
  const wrongSettings = { ...settings, client_secret: 'wrong-secret' }
  return {
    ...{ context, settings, wrongSettings },
    cloud: await openCloud('mclass', settings, context),
    refused: await openCloud('mclass', wrongSettings, context),
    put: async (account, name, records) => {
      const others = (accounts.get(account) ?? []).filter(dataset => dataset.name !== name)
      accounts.set(account, [...others, { name, records, updatedAt: new Date().toISOString() }])
    },
    remains: async (_account, processId) => {
      const { db } = context.database
      const rows = db.selectFrom('delivery_chunks').select('position').where('process_id', '=', processId)
      return (await rows.execute()).length
    },
    gate,
    secrets: ['mclass-secret', 'wrong-secret'],
    stop: async () => {
      await gate.stop()
      await simulator.stop()
      await context.close()
    },
  }
})

test('100,000 datasets of an MClass account are listed, and one among them is read', async () => {
  const context = await startContext()
  const names = Array.from({ length: 100_000 }, (_, at) => `d${String(at).padStart(6, '0')}`)
  const datasets = names.map(name => ({ name, records: ['{"id":1}'], updatedAt: '2026-01-02T03:04:05.000Z' }))
  const simulator = await startMclassSimulator({ datasetsOf: () => datasets })
  const settings = { url: simulator.url, client_id: 'waybill', client_secret: 'mclass-secret' }
  const cloud = await openCloud('mclass', settings, context)
  expect((await cloud.listDatasets('many')).map(({ name }) => name)).toEqual(names)
  expect(await cloud.getData('many', names.at(-1)!, undefined, 10)).toEqual({ records: ['{"id":1}'], next: null })
  await simulator.stop()
  await context.close()
})
