// Azure Blob Storage with the vendor's SDK: one download, and uploadStream as it is by default.
import type { Readable } from 'node:stream'
import { type AzureSettings, connectToAzure } from '../../../services/data/src/clouds/azure-connection.ts'
import type { SdkStore } from './sdk-store.ts'

export async function openAzureStore(settings: AzureSettings): Promise<SdkStore> {
  const container = await connectToAzure(settings)
  return {
    read: async key => (await container.getBlobClient(key).download()).readableStreamBody as Readable,
    write: async (key, content) => {
      await container.getBlockBlobClient(key).uploadStream(content)
    },
    remove: async key => {
      await container.getBlobClient(key).deleteIfExists()
    },
  }
}
