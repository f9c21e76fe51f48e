// An object store as its vendor's SDK gives it: what the floor of an export in a cloud copies with. Clients are made as ours
// are, so that connections, signatures and checksums cost both the same.
import type { Readable } from 'node:stream'
import type { CloudName } from '../engines/emulator.ts'
import { openAzureStore } from './azure-sdk-store.ts'
import { openGoogleStore } from './google-sdk-store.ts'
import { openS3Store } from './s3-sdk-store.ts'

export interface SdkStore {
  read(key: string): Promise<Readable>
  /** As the SDK uploads a stream whose length it does not know; an object that is there is replaced. */
  write(key: string, content: Readable): Promise<void>
  remove(key: string): Promise<void>
}

/** @param settings as `PATCH /clouds/:name` takes them. */
export async function openSdkStore(cloud: CloudName, settings: never): Promise<SdkStore> {
  switch (cloud) {
    case 'AWS':
      return openS3Store(settings)
    case 'AZURE':
      return openAzureStore(settings)
    case 'GOOGLE':
      return openGoogleStore(settings)
  }
}
