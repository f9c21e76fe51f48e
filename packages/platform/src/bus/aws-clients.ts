// The clients of SNS and SQS: connections that are kept, and calls that end.
import { SNSClient } from '@aws-sdk/client-sns'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { AwsOptions } from './aws-options.ts'

export interface AwsClients {
  readonly sns: SNSClient
  readonly sqs: SQSClient
}

const connectMilliseconds = 2_000
/** Longer than the longest poll, which is 20 s. */
const requestMilliseconds = 25_000
const callMilliseconds = 10_000
/** More than all pollers and publishers of a process hold at a time. */
const maxSockets = 200

export function createAwsClients(region: string, options: AwsOptions): AwsClients {
  const { snsEndpoint, sqsEndpoint, credentials } = options
  const agent = { keepAlive: true, maxSockets }
  const common = {
    ...{ region, credentials },
    requestHandler: {
      connectionTimeout: connectMilliseconds,
      requestTimeout: requestMilliseconds,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
  }
  return {
    sns: new SNSClient({ ...common, endpoint: snsEndpoint }),
    sqs: new SQSClient({ ...common, endpoint: sqsEndpoint }),
  }
}

/** For every call but polls: all of its tries together end within 10 s, or less. */
export function bounded(milliseconds = callMilliseconds): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(milliseconds) }
}
