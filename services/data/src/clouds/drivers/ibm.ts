// IBM Cloud Object Storage: S3's API, with HMAC keys or with an API key and the tokens that IAM gives for it.
import Joi from 'joi'
import type { CloudContext, CloudDriver } from '../factory.ts'
import { GuardedCalls } from '../guarded-calls.ts'
import { explainIam, IamTokens } from '../iam-tokens.ts'
import { bucketSetting, endpointSetting, prefixSetting, secretSetting } from '../store-settings.ts'

interface IbmSettings {
  bucket: string
  region: string
  prefix?: string
  endpoint?: string
  access_key_id?: string
  secret_access_key?: string
  api_key?: string
  /** The token server; its usual path is added where there is none. */
  iam_url?: string
}

export const driver: CloudDriver<IbmSettings> = {
  settings: Joi.object({
    bucket: bucketSetting.required(),
    region: Joi.string()
      .pattern(/^[a-z0-9-]+$/)
      .max(100)
      .required(),
    prefix: prefixSetting,
    endpoint: endpointSetting,
    access_key_id: secretSetting,
    secret_access_key: secretSetting,
    api_key: secretSetting,
    iam_url: endpointSetting,
  })
    .and('access_key_id', 'secret_access_key')
    .without('api_key', ['access_key_id'])
    .with('iam_url', 'api_key'),
  needsSettings: true,
  create: async (name, settings, context) => {
    const { S3Cloud, createS3Client, explainS3 } = await import('../s3-sdk.ts')
    const { bucket, region, prefix = '', api_key, secret_access_key } = settings
    const tokens = api_key === undefined ? undefined : iamTokens(api_key, settings.iam_url, context)
    const endpoint = settings.endpoint ?? `https://s3.${region}.cloud-object-storage.appdomain.cloud`
    const client = createS3Client({ region, endpoint }, credentialsFor(settings, tokens))
    const calls = new GuardedCalls({
      cloud: name,
      patience: context.patience,
      explain: error => {
        const failure = explainIam(error) ?? explainS3(error)
        if (failure?.kind === 'refused') tokens?.forget()
        return failure
      },
      secrets: [secret_access_key, api_key],
    })
    return new S3Cloud(name, { client, bucket, prefix, calls })
  },
}

function iamTokens(apiKey: string, iamUrl: string | undefined, { clock, patience }: CloudContext): IamTokens {
  const url = new URL(iamUrl ?? 'https://iam.cloud.ibm.com')
  if (url.pathname === '/') url.pathname = '/identity/token'
  return new IamTokens({ apiKey, url: url.href, timeoutMilliseconds: patience.callMilliseconds }, clock)
}

/** With a token nothing is signed: the SDK has a place for a signer of one's own, and wants credentials all the same. */
function credentialsFor({ access_key_id, secret_access_key }: IbmSettings, tokens: IamTokens | undefined) {
  if (tokens) {
    return {
      credentials: { accessKeyId: 'iam', secretAccessKey: 'unused' },
      signer: {
        sign: async <R extends { headers: Record<string, string> }>(request: R) => {
          request.headers.authorization = `Bearer ${await tokens.find()}`
          return request
        },
      },
    }
  }
  return access_key_id ? { credentials: { accessKeyId: access_key_id, secretAccessKey: secret_access_key! } } : {}
}
