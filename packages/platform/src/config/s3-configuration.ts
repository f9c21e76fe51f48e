// A document of settings in S3. Imported on demand only: the SDK costs time and memory that most processes do without.
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { type AwsPlace, callMilliseconds, explainAws, promptly } from './aws-place.ts'
import { type Reading, refuseSize } from './reading.ts'

export async function readFromS3(uri: string, aws: AwsPlace, known: string | undefined): Promise<Reading | undefined> {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri)!
  const client = new S3Client({
    ...promptly,
    region: aws.region,
    endpoint: aws.s3Endpoint,
    // Emulators and endpoints in a private network have no name for each bucket.
    forcePathStyle: aws.s3Endpoint !== undefined,
  })
  try {
    const found = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, IfNoneMatch: known }), {
      abortSignal: AbortSignal.timeout(callMilliseconds),
    })
    refuseSize(uri, found.ContentLength ?? 0)
    return { text: await found.Body!.transformToString('utf8'), version: found.ETag! }
  } catch (error) {
    if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 304) return undefined
    explainAws(error, `CONFIG_URI ${uri}`)
  } finally {
    client.destroy()
  }
}
