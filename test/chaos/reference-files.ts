// What every delivery must hold: each dataset in each format, exported once before anything goes wrong.
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Manifest } from '@waybill/contracts'
import { datasets, formats, largeDataset } from './planned-order.ts'
import type { Shop } from './shop.ts'

export interface ReferenceFile {
  records: number
  bytes: number
  sha256: string
}
/** By dataset and format. */
export type ReferenceFiles = Map<string, ReferenceFile>

const largeRecords = 400_000

export const referenceName = (dataset: string, format: string) => `${dataset}.${format}`

/** About 24 MB that everybody may order: its export takes long enough to be interrupted behind a checkpoint. */
export async function layOutLargeDataset(cloudFolder: string): Promise<void> {
  const file = join(cloudFolder, '_shared', `${largeDataset}.csv`)
  await mkdir(dirname(file), { recursive: true })
  await pipeline(Readable.from(ledgerLines()), createWriteStream(`${file}.part`))
  await rename(`${file}.part`, file)
}

function* ledgerLines(): Generator<string> {
  yield 'entry,account,amount,currency,remark\n'
  let lines = ''
  for (let entry = 1; entry <= largeRecords; entry++) {
    lines += `${entry},account-${entry % 977},${(entry * 7_919) % 100_003},EUR,"paid, entry ${entry}"\n`
    if (entry % 1_000 === 0) {
      yield lines
      lines = ''
    }
  }
  yield lines
}

/** Orders and fetches them all; throws where that does not work even now. */
export async function makeReferenceFiles(shop: Shop): Promise<ReferenceFiles> {
  const files: ReferenceFiles = new Map()
  const customer = shop.operator
  await customer.call('PUT /user/cloud', { body: { name: 'LOCAL' } })
  for (const format of formats) {
    const items = datasets.map(dataset => ({ dataset, format }))
    const { process } = await customer.order({ items, payment: { token: 'tok_approve' } })
    const { status, reason } = await customer.finished(process.process_id, 60)
    if (status !== 1) throw new Error(`the reference export failed: ${reason}`)
    const manifest = await customer.call<Manifest>(`GET /data/manifest?process_id=${process.process_id}`)
    for (const { dataset, ...file } of manifest.body.data.files) {
      files.set(referenceName(dataset, file.format), file)
    }
  }
  if (files.get(referenceName(largeDataset, 'ndjson'))?.records !== largeRecords) {
    throw new Error('the reference export of the large dataset has not all its records')
  }
  return files
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
