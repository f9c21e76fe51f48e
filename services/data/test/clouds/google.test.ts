import { generateKeyPairSync } from 'node:crypto'
import { type CloudUnderTest, openCloud, putRecords, startContext } from './cloud-under-test.ts'
import { describeCloud } from './conformance.ts'
import { refusal } from './fake-google-answers.ts'
import { startFakeGoogleStorage } from './fake-google-storage.ts'
import { startFaultGate } from './fault-gate.ts'

const newKey = () =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

const prefix = 'kunden/für uns+%/'

describeCloud('google', async (): Promise<CloudUnderTest> => {
  const context = await startContext()
  const fake = await startFakeGoogleStorage('waybill')
  const gate = await startFaultGate({
    target: fake.url,
    faultAnswer: status => {
      const { headers, body } = refusal(status, 'As told.')
      return { status, headers, body: body.toString() }
    },
  })
  const { credentials, bucket, sessions } = fake
  const settings = { bucket: 'waybill', credentials, endpoint: gate.url, prefix }
  const wrong = newKey()
  const files = {
    leastPartBytes: 4 * 1024 * 1024,
    put: async (path: string, content: string | Uint8Array) => {
      bucket.put(`${prefix}${path}`, Buffer.from(content as Uint8Array))
    },
  }
  const wrongSettings = { ...settings, credentials: { ...credentials, private_key: wrong } }
  return {
    ...{ context, settings, wrongSettings },
    cloud: await openCloud('google', settings, context),
    refused: await openCloud('google', wrongSettings, context),
    missing: await openCloud('google', { ...settings, bucket: 'not-there' }, context),
    put: putRecords(files),
    remains: async (owner, processId) => {
      const delivery = `${prefix}${owner}/.waybill/${processId}/`
      return bucket.keysUnder(delivery).length + sessions.unfinishedUnder(delivery)
    },
    ...{ files, gate, secrets: [credentials.private_key!, wrong] },
    stop: async () => {
      await gate.stop()
      await fake.stop()
      await context.close()
    },
  }
})
