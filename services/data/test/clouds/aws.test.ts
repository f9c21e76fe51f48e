import { type CloudFiles, type CloudUnderTest, openCloud, putRecords, startContext } from './cloud-under-test.ts'
import { describeCloud } from './conformance.ts'
import { startFakeS3 } from './fake-s3.ts'

const keys = { access_key_id: 'AKIAWAYBILL', secret_access_key: 'an-aws-secret' }
const wrong = { access_key_id: 'AKIASOMEBODY', secret_access_key: 'a-wrong-secret' }
const prefix = 'kunden/für uns+%/'

describeCloud('aws', async (): Promise<CloudUnderTest> => {
  const context = await startContext()
  const s3 = await startFakeS3({
    bucket: 'waybill-data',
    isRefused: authorization => !authorization.includes(`Credential=${keys.access_key_id}/`),
  })
  const settings = { bucket: 'waybill-data', region: 'eu-central-1', endpoint: s3.gate.url, prefix, ...keys }
  const files: CloudFiles = {
    leastPartBytes: 5 * 1024 * 1024,
    put: (path, content) => s3.put(`${prefix}${path}`, content),
  }
  const wrongSettings = { ...settings, ...wrong }
  return {
    ...{ context, settings, wrongSettings },
    cloud: await openCloud('aws', settings, context),
    refused: await openCloud('aws', wrongSettings, context),
    missing: await openCloud('aws', { ...settings, bucket: 'not-there' }, context),
    put: putRecords(files),
    files,
    remains: async (account, processId) => s3.count(`${prefix}${account}/.waybill/${processId}/`),
    gate: s3.gate,
    secrets: [keys.secret_access_key, wrong.secret_access_key],
    stop: async () => {
      await s3.stop()
      await context.close()
    },
  }
})
