// Google Cloud Storage, and what speaks its API.
import Joi from 'joi'
import type { CloudDriver } from '../factory.ts'
import { GoogleCloud } from '../google-cloud.ts'
import { connectToGoogle, explainGoogle, type GoogleSettings } from '../google-connection.ts'
import { GuardedCalls } from '../guarded-calls.ts'
import { endpointSetting, prefixSetting, secretSetting } from '../store-settings.ts'

export const driver: CloudDriver<GoogleSettings> = {
  settings: Joi.object({
    bucket: Joi.string()
      .pattern(/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/)
      .required(),
    project_id: Joi.string().min(1).max(100),
    // Other kinds name addresses and programs that this process would call.
    credentials: Joi.object({
      type: Joi.string().valid('service_account').required(),
      client_email: Joi.string().min(3).max(300).required(),
      private_key: secretSetting.required(),
      token_uri: endpointSetting,
    }).unknown(),
    endpoint: endpointSetting,
    prefix: prefixSetting,
  }),
  needsSettings: true,
  create: async (name, settings, { patience }) => {
    const bucket = await connectToGoogle(settings)
    const secrets = [settings.credentials?.private_key]
    const calls = new GuardedCalls({ cloud: name, patience, explain: explainGoogle, secrets })
    return new GoogleCloud(name, bucket, { prefix: settings.prefix ?? '', calls })
  },
}
