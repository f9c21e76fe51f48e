// Of `npm run new-cloud`: puts NEWCLOUD through the suite of all clouds.
import { type CloudFiles, openCloud, putRecords, startContext } from '../services/data/test/clouds/cloud-under-test.ts'
import { describeCloud } from '../services/data/test/clouds/conformance.ts'
import { buckets } from './new-cloud-driver.ts'

// Behind a `gate` (fault-gate.ts) the suite also makes trouble on the network, as it does for AWS in aws.test.ts.
describeCloud('newcloud', async () => {
  const context = await startContext()
  const bucket = { objects: new Map(), uploads: new Map() }
  buckets.set('suite', bucket)
  const settings = { bucket: 'suite' }
  const wrongSettings = { bucket: 'not-there' }
  let puts = 0
  const files: CloudFiles = {
    leastPartBytes: 0,
    put: async (path, content) => {
      bucket.objects.set(path, { content: Buffer.from(content), updatedAt: Date.now(), version: String(++puts) })
    },
  }
  return {
    ...{ context, settings, wrongSettings },
    cloud: await openCloud('newcloud', settings, context),
    refused: await openCloud('newcloud', wrongSettings, context),
    put: putRecords(files),
    files,
    remains: async (account, processId) => {
      const keys = [...bucket.objects.keys(), ...bucket.uploads.keys()]
      return keys.filter(key => key.startsWith(`${account}/.waybill/${processId}/`)).length
    },
    stop: async () => {
      buckets.delete('suite')
      await context.close()
    },
  }
})
