import { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import { startAzurite } from './azurite.ts'
import { type CloudUnderTest, openCloud, putRecords, startContext } from './cloud-under-test.ts'
import { describeCloud } from './conformance.ts'
import { startFaultGate } from './fault-gate.ts'

const prefix = 'kunden/für uns+%/'

describeCloud('azure', async (): Promise<CloudUnderTest> => {
  const context = await startContext()
  const azurite = await startAzurite()
  const gate = await startFaultGate({ target: azurite.url, faultAnswer: azurite.wordFault })
  const { account, key } = azurite
  const settings = { container: 'waybill', account, key, endpoint: `${gate.url}/${account}`, prefix }
  const wrong = Buffer.from('wrong key').toString('base64')
  const credential = new StorageSharedKeyCredential(account, key)
  const container = new ContainerClient(`${azurite.url}/${account}/waybill`, credential)
  await container.create()
  const files = {
    leastPartBytes: 4 * 1024 * 1024,
    put: async (path: string, content: string | Uint8Array) => {
      await container.getBlockBlobClient(`${prefix}${path}`).uploadData(Buffer.from(content as Uint8Array))
    },
  }
  const wrongSettings = { ...settings, key: wrong }
  return {
    ...{ context, settings, wrongSettings },
    cloud: await openCloud('azure', settings, context),
    refused: await openCloud('azure', wrongSettings, context),
    missing: await openCloud('azure', { ...settings, container: 'not-there' }, context),
    put: putRecords(files),
    remains: async (owner, processId) => {
      const delivery = `${prefix}${owner}/.waybill/${processId}/`
      const found: string[] = []
      for await (const { name } of container.listBlobsFlat({ prefix: delivery, includeUncommitedBlobs: true }))
        found.push(name)
      return found.length
    },
    ...{ files, gate, secrets: [key, wrong] },
    stop: async () => {
      await gate.stop()
      await azurite.stop()
      await context.close()
    },
  }
})
