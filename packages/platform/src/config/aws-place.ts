// Where S3 and KMS answer, and how long we wait for them: before any setting but those of the environment is known.
import { ConfigurationUnavailable } from './reading.ts'
import { SettingsError } from './settings.ts'

export interface AwsPlace {
  /** By default what the SDK finds. */
  region?: string
  /** By default AWS's own of the region. */
  s3Endpoint?: string
  kmsEndpoint?: string
}

/** Options of an SDK client that answers or fails soon. */
export const promptly = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
}

/** All tries of a call end within it. */
export const callMilliseconds = 12_000

interface AwsError extends Error {
  $metadata?: { httpStatusCode?: number }
}

/** Throws what an error of the SDK means; `what` begins with the setting that it is about. The SDK's words hold no secret of ours. */
export function explainAws(error: unknown, what: string): never {
  const { name, message, $metadata } = error as AwsError
  const status = $metadata?.httpStatusCode
  const reason = `${name}: ${message}`
  if (/region is missing/i.test(message)) throw new SettingsError([`AWS_REGION is required: ${what} is in a region`])
  // Credentials that have run out are renewed by whoever hands them out.
  const passes = /ExpiredToken|RequestTimeout|Throttl|TooManyRequests|SlowDown|RequestTimeTooSkewed/.test(name)
  if (status !== undefined && status >= 300 && status < 500 && !passes) {
    throw new SettingsError([`${what} is refused: ${reason}`])
  }
  throw new ConfigurationUnavailable(`${what} is out of reach: ${reason}`)
}
