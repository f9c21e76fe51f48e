// Keys of settings that only KMS can open: what stands in the document is of use to nobody without its permission. Imported on demand only.
import { DecryptCommand, GenerateDataKeyWithoutPlaintextCommand, KMSClient } from '@aws-sdk/client-kms'
import { type AwsPlace, callMilliseconds, explainAws, promptly } from './aws-place.ts'

/** KMS opens a key only where it is told the same; it stands in CloudTrail, and policies may ask for it. */
const EncryptionContext = { purpose: 'waybill configuration' }

function createClient(aws: AwsPlace): KMSClient {
  return new KMSClient({ ...promptly, region: aws.region, endpoint: aws.kmsEndpoint })
}

/** `sealed`: what KMS made of each key, in base64. Throws a SettingsError where KMS refuses, a ConfigurationUnavailable where it does not answer. */
export async function openKmsKeys(sealed: string[], aws: AwsPlace): Promise<Buffer[]> {
  const client = createClient(aws)
  try {
    return await Promise.all(
      sealed.map(async key => {
        const command = new DecryptCommand({ CiphertextBlob: Buffer.from(key, 'base64'), EncryptionContext })
        const { Plaintext } = await client.send(command, { abortSignal: AbortSignal.timeout(callMilliseconds) })
        return Buffer.from(Plaintext!)
      }),
    )
  } catch (error) {
    explainAws(error, 'WAYBILL_CONFIG_KEY (kms:)')
  } finally {
    client.destroy()
  }
}

/** Has KMS make a key of 32 bytes that nobody sees, here included; answers it in base64 as only KMS can open it. */
export async function makeKmsKey(keyId: string, aws: AwsPlace): Promise<string> {
  const client = createClient(aws)
  try {
    const command = new GenerateDataKeyWithoutPlaintextCommand({ KeyId: keyId, KeySpec: 'AES_256', EncryptionContext })
    const { CiphertextBlob } = await client.send(command, { abortSignal: AbortSignal.timeout(callMilliseconds) })
    return Buffer.from(CiphertextBlob!).toString('base64')
  } catch (error) {
    explainAws(error, `the KMS key ${keyId}`)
  } finally {
    client.destroy()
  }
}
