// Uploads to Azure: blocks are staged, unseen, and made a blob by one commit of their list.
import { randomBytes } from 'node:crypto'
import type { BlockBlobClient } from '@azure/storage-blob'
import { UploadLost } from './cloud-error.ts'
import type { GuardedCalls } from './guarded-calls.ts'
import { sendPart } from './part-body.ts'
import type { Part, Upload, UploadTarget } from './upload.ts'

const leastBlockBytes = 4 * 1024 * 1024
/**
 * A blob has at most 50,000 blocks: each tenth of a blob's blocks is twice as large as the one before, so that they come
 * to more than an export ever does.
 */
const blocksOfOneSize = 5_000

/** Blocks that one run has staged: the names of a run's blocks tell them from those of a run that was taken for dead. */
interface Run {
  run: string
  blocks: number
}

export function azureUploadTarget(calls: GuardedCalls, blob: BlockBlobClient, contentType: string): UploadTarget {
  return {
    begin: async () => new AzureUpload(calls, blob, contentType, []),
    resume: async (state, bytes) => {
      const { runs } = state as { runs: Run[] }
      await assertStaged(calls, blob, runs, bytes)
      return new AzureUpload(calls, blob, contentType, runs)
    },
  }
}

async function assertStaged(calls: GuardedCalls, blob: BlockBlobClient, runs: Run[], bytes: number): Promise<void> {
  const staged = await calls.call(abortSignal =>
    blob.getBlockList('uncommitted', { abortSignal }).catch(error => {
      if (error.code === 'BlobNotFound') return { uncommittedBlocks: undefined }
      throw error
    }),
  )
  const sizes = new Map(staged.uncommittedBlocks?.map(({ name, size }) => [name, size]))
  const found = idsOf(runs).reduce((sum, id) => sum + (sizes.get(id) ?? 0), 0)
  if (found !== bytes) throw new UploadLost(`of ${bytes} staged bytes there are ${found}`)
}

class AzureUpload implements Upload {
  readonly partsAtOnce = 2
  readonly #calls: GuardedCalls
  readonly #blob: BlockBlobClient
  readonly #contentType: string
  readonly #earlier: Run[]
  readonly #run = randomBytes(6).toString('hex')
  #blocks = 0

  constructor(calls: GuardedCalls, blob: BlockBlobClient, contentType: string, earlier: Run[]) {
    this.#calls = calls
    this.#blob = blob
    this.#contentType = contentType
    this.#earlier = earlier
  }

  get leastPartBytes(): number {
    const blocks = this.#runs(this.#blocks).reduce((sum, run) => sum + run.blocks, 0)
    return leastBlockBytes * 2 ** Math.floor(blocks / blocksOfOneSize)
  }

  /** With the first so many blocks of this run. */
  #runs(blocks: number): Run[] {
    return [...this.#earlier, { run: this.#run, blocks }].filter(run => run.blocks > 0)
  }

  async append(part: Part): Promise<void> {
    const id = idOf(this.#run, this.#blocks++)
    await sendPart(part, ({ length, open, spoil }) => {
      const options = { timeoutMilliseconds: this.#calls.patience.partMilliseconds, onFailedTry: spoil }
      return this.#calls.call(abortSignal => this.#blob.stageBlock(id, open, length, { abortSignal }), options)
    })
  }

  async settle(blocks: number): Promise<{ runs: Run[] }> {
    return { runs: this.#runs(blocks) }
  }

  /** Blocks that are not in the list, of runs that came to nothing, are dropped with it. */
  async complete(): Promise<void> {
    const blobHTTPHeaders = { blobContentType: this.#contentType }
    await this.#calls.call(async abortSignal => {
      try {
        await this.#blob.commitBlockList(idsOf(this.#runs(this.#blocks)), { abortSignal, blobHTTPHeaders })
      } catch (error) {
        throw (error as { code?: string }).code === 'InvalidBlockList' ? new UploadLost('blocks are gone') : error
      }
    })
  }

  async close(): Promise<void> {}
}

function idsOf(runs: Run[]): string[] {
  return runs.flatMap(({ run, blocks }) => Array.from({ length: blocks }, (_, at) => idOf(run, at)))
}

/** Base64, and of one length in all of a blob, as Azure asks. */
function idOf(run: string, at: number): string {
  return Buffer.from(`${run}-${String(at).padStart(5, '0')}`).toString('base64')
}
