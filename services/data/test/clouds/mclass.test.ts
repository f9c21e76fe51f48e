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
    ...{ settings, wrongSettings },
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
