// Google Cloud Storage with the vendor's SDK: one download, and the write stream of a file.
import { pipeline } from 'node:stream/promises'
import { connectToGoogle, type GoogleSettings } from '../../../services/data/src/clouds/google-connection.ts'
import type { SdkStore } from './sdk-store.ts'

/** The write stream keeps it to send it again. The fake takes no request without an end, as there is one without it. */
const chunkBytes = 8 * 1024 * 1024

export async function openGoogleStore(settings: GoogleSettings): Promise<SdkStore> {
  const bucket = await connectToGoogle(settings)
  // The fake knows no CRC32C, and ours asks for none.
  const options = { validation: false }
  return {
    read: async key => bucket.file(key).createReadStream(options),
    write: async (key, content) => {
      const file = bucket.file(key)
      // Given its session, for one that it begins by itself has no token at another endpoint than Google's.
      const [uri] = await file.createResumableUpload()
      const upload = file.createWriteStream({ ...options, uri, chunkSize: chunkBytes })
      await pipeline(content, upload)
    },
    remove: async key => {
      await bucket.file(key).delete({ ignoreNotFound: true })
    },
  }
}
