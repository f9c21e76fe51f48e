// Where AWS is for the broker: by the names that the AWS SDKs and tools share, so that one environment serves them all.
import type { Settings } from '@waybill/contracts/settings'

export interface AwsOptions {
  region?: string
  /** By default AWS's own of the region. */
  snsEndpoint?: string
  sqsEndpoint?: string
  /** The topic where somebody else makes it; by default the broker makes its own. */
  topicArn?: string
  /** By default what the SDK finds: environment, shared files, the role of the container or the machine. */
  credentials?: { accessKeyId: string; secretAccessKey: string }
}

/** A URL for one of the two services goes before the one for all of AWS, as in the SDKs. */
export function awsOptionsOf(settings: Settings): AwsOptions {
  return {
    region: settings.AWS_REGION,
    snsEndpoint: settings.AWS_ENDPOINT_URL_SNS ?? settings.AWS_ENDPOINT_URL,
    sqsEndpoint: settings.AWS_ENDPOINT_URL_SQS ?? settings.AWS_ENDPOINT_URL,
    topicArn: settings.SNS_TOPIC_ARN,
  }
}
