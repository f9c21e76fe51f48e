// What `sns://<region>/<prefix>` names: a region, and the beginning of the names of everything that is ours there.
import { SettingsError } from '../config/index.ts'
import type { AwsOptions } from './aws-options.ts'

export interface SnsAddress {
  readonly region: string
  readonly prefix: string
  /** Given where somebody else makes the topic. */
  readonly topicArn: string | undefined
}

/** The region may be left to AWS_REGION, the prefix to us. Throws a SettingsError where no region is named, or another than the topic's. */
export function readSnsAddress(url: string, { region: fallback, topicArn }: AwsOptions): SnsAddress {
  const [, named, prefix] = /^sns:\/\/([^/]*)\/?(.*)$/.exec(url)!
  const region = named || fallback
  if (!region)
    throw new SettingsError(['AWS_REGION is required where BROKER_URL names no region (sns://region/prefix)'])
  if (topicArn !== undefined && regionOf(topicArn) !== region) {
    throw new SettingsError([
      `SNS_TOPIC_ARN is in ${regionOf(topicArn)}, and the broker in ${region}: it must be one region`,
    ])
  }
  return { region, prefix: prefix || 'waybill', topicArn }
}

/** The region of `arn:<partition>:<service>:<region>:<account>:<name>`. */
export function regionOf(arn: string): string {
  return arn.split(':')[3]!
}

export const topicName = (prefix: string) => `${prefix}-events`
export const queueName = (prefix: string, service: string) => `${prefix}-${service}`
export const deadQueueName = (prefix: string, service: string) => `${prefix}-${service}-dead`

/** A queue of the account and region that the topic is in. */
export function queueArn(topicArn: string, name: string): string {
  const [arn, partition, , region, account] = topicArn.split(':')
  return [arn, partition, 'sqs', region, account, name].join(':')
}
