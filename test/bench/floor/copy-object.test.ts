// The floor must copy whole objects, and sum up what it copies: the bench believes its checksum.
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { cloudNames, startEmulator } from '../engines/emulator.ts'
import { runToEnd } from '../finished-process.ts'
import type { CopiedObject } from './copy-object.ts'
import { openSdkStore } from './sdk-store.ts'

const filler = fileURLToPath(new URL('./fill-store.ts', import.meta.url))
const copier = fileURLToPath(new URL('./copy-object.ts', import.meta.url))
/** Several parts of every store, and a rest. */
const content = randomBytes(21_000_000)
const sha256 = createHash('sha256').update(content).digest('hex')

it.each(cloudNames)("%s: the SDK's own copy is the same object", async cloud => {
  const home = await mkdtemp(join(tmpdir(), 'waybill-copies-'))
  const emulator = await startEmulator(cloud, home)
  try {
    const run = (program: string, ...options: string[]) =>
      runToEnd(process.execPath, [program, cloud, emulator.settingsFile, ...options])
    const copy = async (...options: string[]) => JSON.parse(await run(copier, ...options)) as CopiedObject
    await writeFile(join(home, 'large'), content)
    await run(filler, join(home, 'large'), 'one/large.ndjson')
    const summed = await copy('one/large.ndjson', 'one/copy.ndjson', 'sum')
    expect(summed).toMatchObject({ bytes: content.length, sha256 })
    expect(summed.seconds).toBeGreaterThan(0)
    expect(summed.mebibytes).toBeGreaterThan(0)
    expect(emulator.cpuMilliseconds).toBeGreaterThan(0)
    expect((await copy('one/copy.ndjson', 'one/again.ndjson')).sha256).toBeUndefined()
    expect(await copy('one/again.ndjson', 'one/copy.ndjson', 'sum')).toMatchObject({ sha256 })
    const store = await openSdkStore(cloud, emulator.settings as never)
    await store.remove('one/again.ndjson')
    await expect(copy('one/again.ndjson', 'one/copy.ndjson')).rejects.toThrow()
  } finally {
    await emulator.stop()
    await rm(home, { recursive: true, force: true })
  }
})
