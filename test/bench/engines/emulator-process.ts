// What plays a cloud, in a process of its own: says what a client needs to log in, then that it is ready.
import { writeFileSync } from 'node:fs'
import { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import { startFauxqs } from 'fauxqs'
import { startAzurite } from '../../../services/data/test/clouds/azurite.ts'
import { startFakeGoogleStorage } from '../../../services/data/test/clouds/fake-google-storage.ts'
import type { CloudName } from './emulator.ts'

/** As `PATCH /clouds/:name` takes them. */
type Settings = Record<string, unknown> & { endpoint: string }

const place = 'waybill-bench'

const starts: Record<CloudName, () => Promise<Settings>> = {
  AWS: async () => {
    const { port, createBucket } = await startFauxqs({ port: 0, logger: false })
    createBucket(place)
    const keys = { access_key_id: 'AKIABENCH', secret_access_key: 'whatever it is: fauxqs lets everybody in' }
    return { bucket: place, region: 'eu-central-1', endpoint: `http://127.0.0.1:${port}`, ...keys }
  },
  AZURE: async () => {
    const { url, account, key } = await startAzurite()
    const endpoint = `${url}/${account}`
    await new ContainerClient(`${endpoint}/${place}`, new StorageSharedKeyCredential(account, key)).create()
    return { container: place, account, key, endpoint }
  },
  GOOGLE: async () => {
    const { url, credentials } = await startFakeGoogleStorage(place)
    return { bucket: place, credentials, endpoint: url }
  },
}

const [, , cloud, settingsFile] = process.argv
const settings = await starts[cloud as CloudName]()
writeFileSync(settingsFile!, JSON.stringify(settings), { mode: 0o600 })
process.stdout.write(`${cloud} ready ${settings.endpoint} \n`)
