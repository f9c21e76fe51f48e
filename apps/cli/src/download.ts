// Downloads a delivered file: into a part beside it, which the next try goes on with, then under its own name once its checksum is right.
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import type { DeliveredFile } from '@waybill/sdk'
import { isWaybillError } from '@waybill/sdk'
import { OutOfReach, Refusal } from './failures.ts'
import { type Progress, startProgress } from './progress.ts'
import { readableBytes } from './readable.ts'
import type { Session } from './session.ts'
import type { Terminal } from './terminal.ts'

export interface Download {
  processId: string
  file: DeliveredFile
  /** Where it is to be. */
  path: string
}

export interface Downloaded {
  /** Bytes that were there already from a download that was cut. */
  resumedAt: number
}

/** Throws a Refusal where what came is not what was delivered, and OutOfReach where the connection is lost: the part stays. */
export async function download(wanted: Download, session: Session, terminal: Terminal): Promise<Downloaded> {
  const { file, path } = wanted
  // The part of another delivery has another name.
  const part = `${path}.${file.sha256.slice(0, 12)}.part`
  const hash = createHash('sha256')
  const start = await hashPart(part, file, hash)
  const progress = await startProgress(terminal, () => {})
  try {
    await append(wanted, { part, start, hash, progress }, session)
  } catch (error) {
    if (isWaybillError(error, 'CHECKSUM_MISMATCH', 'FILE_CHANGED')) await rm(part, { force: true })
    if (!isWaybillError(error, 'SERVER_UNREACHABLE', 'TIMED_OUT')) throw error
    throw new OutOfReach(`${error.message}; what has come is kept, and the same line again goes on from there`)
  } finally {
    progress.end()
  }
  if (hash.digest('hex') !== file.sha256) {
    await rm(part)
    throw new Refusal(
      'CHECKSUM_MISMATCH',
      'What came is not what was delivered',
      `the SHA-256 of ${file.dataset} is not that of the manifest: what came is thrown away; run the same line again`,
    )
  }
  await rename(part, path)
  return { resumedAt: start }
}

/** How much is there already; longer than the whole, it is nothing of ours. */
async function hashPart(part: string, file: DeliveredFile, hash: Hash): Promise<number> {
  const bytes = await stat(part).then(
    found => found.size,
    () => 0,
  )
  if (bytes > file.bytes) {
    await rm(part)
    return 0
  }
  if (bytes > 0) for await (const chunk of createReadStream(part)) hash.update(chunk)
  return bytes
}

interface Appending {
  part: string
  start: number
  hash: Hash
  progress: Progress
}

async function append(
  { processId, file }: Download,
  { part, start, hash, progress }: Appending,
  { client }: Session,
): Promise<void> {
  const from = performance.now()
  const target = await open(part, 'a')
  try {
    let bytes = start
    const { stream } = await client.data.file(processId, file.dataset, { start })
    for await (const chunk of stream) {
      await target.writeFile(chunk)
      hash.update(chunk)
      bytes += chunk.length
      const perSecond = (bytes - start) / ((performance.now() - from) / 1_000)
      progress.show({
        percentage: Math.floor((100 * bytes) / file.bytes),
        text: `${readableBytes(bytes)} of ${readableBytes(file.bytes)}`,
        etaSeconds: bytes < file.bytes ? Math.ceil((file.bytes - bytes) / perSecond) : null,
      })
    }
  } finally {
    await target.close()
  }
}
