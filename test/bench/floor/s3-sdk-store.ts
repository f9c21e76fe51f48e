// S3 with the commands of the AWS SDK: one GetObject, and a multipart upload as @aws-sdk/lib-storage does it by default.
import { Readable } from 'node:stream'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { createS3Client, type S3Place } from '../../../services/data/src/clouds/s3-client.ts'
import type { SdkStore } from './sdk-store.ts'

export interface S3StoreSettings extends S3Place {
  bucket: string
  access_key_id: string
  secret_access_key: string
}

const partBytes = 5 * 1024 * 1024
const partsAtOnce = 4

export function openS3Store({ bucket, access_key_id, secret_access_key, ...place }: S3StoreSettings): SdkStore {
  const credentials = { accessKeyId: access_key_id, secretAccessKey: secret_access_key }
  const client = createS3Client(place, { credentials })
  const objectAt = (key: string) => ({ Bucket: bucket, Key: key })
  return {
    read: async key => (await client.send(new GetObjectCommand(objectAt(key)))).Body as Readable,
    write: async (key, content) => {
      const object = objectAt(key)
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(object))
      const send = async ({ PartNumber, Body }: { PartNumber: number; Body: Buffer }) => {
        const { ETag } = await client.send(new UploadPartCommand({ ...object, UploadId, PartNumber, Body }))
        return { PartNumber, ETag }
      }
      const Parts = await Readable.from(partsOf(content)).map(send, { concurrency: partsAtOnce }).toArray()
      await client.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } }))
    },
    remove: async key => {
      await client.send(new DeleteObjectCommand(objectAt(key)))
    },
  }
}

async function* partsOf(content: Readable): AsyncIterable<{ PartNumber: number; Body: Buffer }> {
  let pieces: Buffer[] = []
  let bytes = 0
  let number = 0
  for await (const piece of content as AsyncIterable<Buffer>) {
    pieces.push(piece)
    bytes += piece.length
    if (bytes < partBytes) continue
    const whole = Buffer.concat(pieces)
    let at = 0
    for (; at + partBytes <= bytes; at += partBytes) {
      yield { PartNumber: ++number, Body: whole.subarray(at, at + partBytes) }
    }
    pieces = [whole.subarray(at)]
    bytes -= at
  }
  if (bytes > 0 || number === 0) yield { PartNumber: ++number, Body: Buffer.concat(pieces) }
}
