// Finds one file of a delivery, for somebody who may have it, and opens the way to its bytes.
import type { Readable } from 'node:stream'
import { deliveredFileName } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import { refuse, refuseField } from '@waybill/platform/http'
import type { PackedFile } from '../clouds/packed-members.ts'
import { type ExportFileRow, type ExportWithFiles, ordered } from '../models/export.ts'
import { askCloud } from './cloud-refusals.ts'
import type { FindDelivery } from './find-delivery.ts'
import type { OpenCloud } from './open-cloud.ts'

interface Needs {
  findDelivery: FindDelivery
  openCloud: OpenCloud
}

export interface DeliveredFileHandle {
  delivery: ExportWithFiles
  file: ExportFileRow & { sha256: string }
  /** Both inclusive. */
  open(start: number, end: number): Promise<Readable>
  /** Only where it is packed. */
  packed: PackedFile | undefined
}

export type FindDeliveredFile = ReturnType<typeof createFindDeliveredFile>

export function createFindDeliveredFile({ findDelivery, openCloud }: Needs) {
  return async (
    caller: Principal,
    token: string,
    { process_id, dataset }: { process_id: string; dataset?: string },
  ): Promise<DeliveredFileHandle> => {
    const delivery = await findDelivery(process_id, caller, token)
    const file = chooseFile(delivery, dataset)
    const open = async (start: number, end: number) => {
      const cloud = await openCloud(delivery.cloud)
      const object = {
        account: delivery.account,
        processId: delivery.process_id,
        position: file.position,
        ...ordered(file),
        bytes: file.bytes,
      }
      return cloud.openDelivery(object, start, end)
    }
    const openInTime = (start: number, end: number) => askCloud(open(start, end))
    return {
      ...{ delivery, file: { ...file, sha256: file.sha256! }, open: openInTime },
      packed: packedFile(file, openInTime),
    }
  }
}

function packedFile(file: ExportFileRow, open: DeliveredFileHandle['open']): PackedFile | undefined {
  const { compression, bytes } = file
  if (compression === null) return undefined
  return {
    name: deliveredFileName(ordered(file)),
    compression,
    async *read(from) {
      if (from < bytes) yield* await open(from, bytes - 1)
    },
  }
}

function chooseFile({ files }: ExportWithFiles, dataset: string | undefined): ExportFileRow {
  const names = files.map(file => file.dataset).join(', ')
  if (dataset === undefined) {
    if (files.length !== 1) throw refuseField('dataset', `is required, the delivery has several: ${names}`)
    return files[0]!
  }
  const file = files.find(candidate => candidate.dataset === dataset)
  if (!file) throw refuse('DATASET_NOT_FOUND', `the delivery has no dataset ${dataset}, it has: ${names}`)
  return file
}
