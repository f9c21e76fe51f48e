// The floor under an export in a cloud: the SDK's own copy of the same object, read in a stream and uploaded again, and what it took.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import type { CloudName } from '../engines/emulator.ts'
import { openSdkStore } from './sdk-store.ts'

export interface CopiedObject {
  seconds: number
  cpuSeconds: number
  bytes: number
  /** The most that the process ever had. */
  mebibytes: number
  /** Hex; undefined where it was not asked for. */
  sha256: string | undefined
}

const [, , cloud, settingsFile, from, to, sum] = process.argv
const store = await openSdkStore(cloud as CloudName, JSON.parse(readFileSync(settingsFile!, 'utf8')) as never)
const hash = sum === 'sum' ? createHash('sha256') : undefined
let bytes = 0

async function* seen(content: Readable): AsyncIterable<Buffer> {
  for await (const piece of content as AsyncIterable<Buffer>) {
    bytes += piece.length
    hash?.update(piece)
    yield piece
  }
}

// The SDK is loaded and the client made: ours has done that long before an order comes.
const startedAt = performance.now()
const before = process.cpuUsage()
await store.write(to!, Readable.from(seen(await store.read(from!)), { objectMode: false }))
const { user, system } = process.cpuUsage(before)
const copied: CopiedObject = {
  seconds: (performance.now() - startedAt) / 1_000,
  cpuSeconds: (user + system) / 1e6,
  bytes,
  mebibytes: process.resourceUsage().maxRSS / 1_024,
  sha256: hash?.digest('hex'),
}
process.stdout.write(`${JSON.stringify(copied)}\n`)
// What it holds open would keep it.
process.exit()
