// AWS S3, and stores that speak its API.
import Joi from 'joi'
import type { CloudDriver } from '../factory.ts'
import { GuardedCalls } from '../guarded-calls.ts'
import { bucketSetting, endpointSetting, prefixSetting, secretSetting } from '../store-settings.ts'

interface AwsSettings {
  bucket: string
  region: string
  prefix?: string
  endpoint?: string
  access_key_id?: string
  secret_access_key?: string
}

export const driver: CloudDriver<AwsSettings> = {
  settings: Joi.object({
    bucket: bucketSetting.required(),
    region: Joi.string().min(1).max(100).required(),
    prefix: prefixSetting,
    endpoint: endpointSetting,
    access_key_id: secretSetting,
    secret_access_key: secretSetting,
  }).and('access_key_id', 'secret_access_key'),
  needsSettings: true,
  create: async (name, settings, { patience }) => {
    const { S3Cloud, createS3Client, explainS3 } = await import('../s3-sdk.ts')
    const { bucket, prefix = '', access_key_id, secret_access_key } = settings
    const keys = access_key_id && { accessKeyId: access_key_id, secretAccessKey: secret_access_key! }
    const client = createS3Client(settings, keys ? { credentials: keys } : {})
    const calls = new GuardedCalls({ cloud: name, patience, explain: explainS3, secrets: [secret_access_key] })
    return new S3Cloud(name, { client, bucket, prefix, calls })
  },
}
