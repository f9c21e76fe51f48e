// Clients of the AWS SDK as our S3 clouds want them: our guard tries again, connections are kept, and there is a bound to them.
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'

/** Each download of a delivery has one for as long as its reader takes. */
const connectionsAtMost = 256
const connectMilliseconds = 5_000

export interface S3Place {
  region: string
  /** Undefined for AWS's own of the region. */
  endpoint?: string
}

/** @param credentials keys, or how requests are signed instead; without any the SDK looks where it always does. */
export function createS3Client({ region, endpoint }: S3Place, credentials: S3ClientConfig): S3Client {
  const agent = { keepAlive: true, maxSockets: connectionsAtMost }
  return new S3Client({
    region,
    ...(endpoint === undefined ? {} : othersThanAws(endpoint)),
    ...credentials,
    maxAttempts: 1,
    // With it the SDK makes a new connection for every part.
    expectContinueHeader: false,
    requestHandler: { connectionTimeout: connectMilliseconds, httpAgent: agent, httpsAgent: agent },
  })
}

/** Not all of them know names of buckets in host names, or the checksums that AWS added later. */
function othersThanAws(endpoint: string): S3ClientConfig {
  return {
    endpoint,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  }
}
