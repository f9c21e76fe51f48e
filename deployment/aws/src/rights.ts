// What a service may do in AWS, and nothing else: the same for its instances and for its Lambda workers.

import type { ServiceName } from '@waybill/contracts'
import { Aws } from 'aws-cdk-lib'
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { FoundationStack } from './foundation-stack.ts'
import type { StageName } from './stages.ts'

export function grantService(
  role: IRole,
  service: ServiceName,
  stageName: StageName,
  foundation: FoundationStack,
): void {
  const { events, databases, sharedSecret, configuration, data, key } = foundation
  allow(role, ['s3:GetObject'], [configuration.arnForObjects('settings.json')])
  // A document's key that only KMS opens (kms:…); what it opens is bound to Waybill's settings by its context.
  key.grantDecrypt(role)
  // Not by grantRead: that writes the role into the policy of the key, which the role's own stack comes after.
  allow(role, ['secretsmanager:GetSecretValue'], [sharedSecret.secretArn, databases[service].secret.secretArn])
  events.topic.grantPublish(role)
  allow(role, ['sns:GetTopicAttributes'], [events.topic.topicArn])
  const own = events.queues.get(service)
  for (const queue of own ? [own.queue, own.dead] : []) queue.grantConsumeMessages(role)
  // A queue of each process, in which it hears in passing what its caches should forget; it goes with the process.
  const ears = `arn:${Aws.PARTITION}:sqs:${Aws.REGION}:${Aws.ACCOUNT_ID}:waybill-${stageName}-hears-*`
  const hearing = [
    'CreateQueue',
    'DeleteQueue',
    'ReceiveMessage',
    'DeleteMessage',
    'ChangeMessageVisibility',
    'GetQueueUrl',
    'GetQueueAttributes',
  ]
  allow(
    role,
    hearing.map(action => `sqs:${action}`),
    [ears],
  )
  allow(role, ['sqs:ListQueues'], [`arn:${Aws.PARTITION}:sqs:${Aws.REGION}:${Aws.ACCOUNT_ID}:*`])
  allow(role, ['sns:Subscribe', 'sns:ListSubscriptionsByTopic'], [events.topic.topicArn])
  allow(role, ['sns:Unsubscribe'], [`${events.topic.topicArn}:*`])
  if (service !== 'data') return
  allow(role, ['s3:ListBucket', 's3:ListBucketMultipartUploads'], [data.bucketArn])
  const onObjects = ['GetObject', 'PutObject', 'DeleteObject', 'AbortMultipartUpload', 'ListMultipartUploadParts']
  allow(
    role,
    onObjects.map(action => `s3:${action}`),
    [data.arnForObjects('*')],
  )
}

function allow(role: IRole, actions: string[], resources: string[]): void {
  role.addToPrincipalPolicy(new PolicyStatement({ actions, resources }))
}
