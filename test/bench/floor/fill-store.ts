// Puts a file into a cloud, in a process of its own: what the SDKs hold and say meanwhile is not the bench's.
import { createReadStream, readFileSync } from 'node:fs'
import type { CloudName } from '../engines/emulator.ts'
import { openSdkStore } from './sdk-store.ts'

const readAtOnceBytes = 2 ** 20

const [, , cloud, settingsFile, path, key] = process.argv
const store = await openSdkStore(cloud as CloudName, JSON.parse(readFileSync(settingsFile!, 'utf8')) as never)
await store.write(key!, createReadStream(path!, { highWaterMark: readAtOnceBytes }))
// Connections that are kept would keep it.
process.exit()
