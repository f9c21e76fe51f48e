// How Google Cloud Storage is logged in to, and what its errors mean.
import type { Bucket } from '@google-cloud/storage'
import type { JWT } from 'google-auth-library'
import { type Failure, failureOfConnection, failureOfStatus } from './guarded-calls.ts'

export interface GoogleSettings {
  bucket: string
  project_id?: string
  /** The content of a service account's key file. Without it the SDK looks for the credentials of where it runs. */
  credentials?: ServiceAccount
  endpoint?: string
  prefix?: string
}

interface ServiceAccount {
  client_email: string
  /** PEM. */
  private_key: string
  private_key_id?: string
  token_uri?: string
}

/** Where the SDK asks for tokens, whatever `token_uri` of a key file says. */
const usualTokenAddress = 'https://oauth2.googleapis.com/token'
const scopes = ['https://www.googleapis.com/auth/devstorage.read_write']

/** The SDK is loaded here: no process pays for it that has no such cloud. */
export async function connectToGoogle({ bucket, project_id, credentials, endpoint }: GoogleSettings): Promise<Bucket> {
  const { Storage } = await import('@google-cloud/storage')
  const storage = new Storage({
    projectId: project_id,
    authClient: credentials && (await serviceAccount(credentials)),
    apiEndpoint: endpoint?.replace(/\/+$/, ''),
    // Another endpoint is another way to the same Google.
    useAuthWithCustomEndpoint: true,
    // The guard decides about other tries.
    retryOptions: { autoRetry: false },
  })
  return storage.bucket(bucket)
}

async function serviceAccount({ client_email, private_key, private_key_id, token_uri }: ServiceAccount): Promise<JWT> {
  const { JWT } = await import('google-auth-library')
  const account = new JWT({ email: client_email, key: private_key, keyId: private_key_id, scopes })
  if (token_uri !== undefined && token_uri !== usualTokenAddress) {
    account.transporter.interceptors.request.add({
      resolved: async request =>
        request.url.href === usualTokenAddress ? { ...request, url: new URL(token_uri) } : request,
    })
  }
  return account
}

/** Of an answer of the API or of the token endpoint; undefined where there was none. */
export function statusOf(error: unknown): number | undefined {
  const { code, status, response } = (error ?? {}) as {
    code?: unknown
    status?: unknown
    response?: { status?: unknown }
  }
  return [status, response?.status, code].find(value => typeof value === 'number')
}

/** https://cloud.google.com/storage/docs/json_api/v1/status-codes */
export function explainGoogle(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined
  const { message, code, errors } = error as Error & { code?: unknown; errors?: { reason?: string }[] }
  const status = statusOf(error)
  if (status !== undefined) {
    const said = `${status} ${message}`
    return errors?.some(({ reason }) => reason?.endsWith('ateLimitExceeded'))
      ? { kind: 'busy', said }
      : failureOfStatus(status, said)
  }
  if (/could not load the default credentials/i.test(message)) {
    return { kind: 'refused', said: 'there are no credentials in the settings, and none where this process runs' }
  }
  if (typeof code === 'string' && code.startsWith('ERR_OSSL')) {
    return { kind: 'refused', said: 'the private_key of the credentials cannot be read' }
  }
  return failureOfConnection(error)
}
