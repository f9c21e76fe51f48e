// Azure Blob Storage, and what speaks its API.
import Joi from 'joi'
import { AzureCloud } from '../azure-cloud.ts'
import { type AzureSettings, connectToAzure, explainAzure, secretsOfAzure } from '../azure-connection.ts'
import type { CloudDriver } from '../factory.ts'
import { GuardedCalls } from '../guarded-calls.ts'
import { endpointSetting, prefixSetting, secretSetting } from '../store-settings.ts'

/** Of an account or of a shared access signature, with what the SDK looks for in one. */
const connectionStrings = [
  /^UseDevelopmentStorage=true/,
  /^(?=.*DefaultEndpointsProtocol=https?;)(?=.*AccountName=[^;])(?=.*AccountKey=[^;])(?=.*(EndpointSuffix|BlobEndpoint)=[^;])/i,
  /^(?=.*BlobEndpoint=https?:)(?=.*SharedAccessSignature=[^;])/i,
]

export const driver: CloudDriver<AzureSettings> = {
  settings: Joi.object({
    container: Joi.string()
      .pattern(/^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/)
      .required(),
    account: Joi.string().pattern(/^[a-z0-9]{3,24}$/),
    key: secretSetting.base64(),
    sas: secretSetting,
    connection_string: secretSetting.pattern(new RegExp(connectionStrings.map(({ source }) => source).join('|'), 'i')),
    endpoint: endpointSetting,
    prefix: prefixSetting,
  })
    .or('connection_string', 'account', 'endpoint')
    .with('key', 'account'),
  needsSettings: true,
  create: async (name, settings, { patience }) => {
    const container = await connectToAzure(settings)
    const calls = new GuardedCalls({ cloud: name, patience, explain: explainAzure, secrets: secretsOfAzure(settings) })
    return new AzureCloud(name, container, { prefix: settings.prefix ?? '', calls })
  },
}
