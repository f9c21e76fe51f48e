// How Azure Blob Storage is logged in to, and what its errors mean.
import type { ContainerClient } from '@azure/storage-blob'
import { type Failure, failureOfConnection, failureOfStatus } from './guarded-calls.ts'

export interface AzureSettings {
  container: string
  account?: string
  /** Of the account, base64. */
  key?: string
  /** A shared access signature, with or without a question mark before it. */
  sas?: string
  connection_string?: string
  /** Of the blob service: what a connection string calls BlobEndpoint. */
  endpoint?: string
  prefix?: string
}

/**
 * The connection string goes before the key, the key before the signature; without any of them the SDK's own chain finds an
 * identity (the environment, a workload, the machine). The SDK is loaded here: no process pays for it that has no such cloud.
 */
export async function connectToAzure(settings: AzureSettings): Promise<ContainerClient> {
  const { AnonymousCredential, ContainerClient, StorageSharedKeyCredential } = await import('@azure/storage-blob')
  const { container, account, key, sas, connection_string } = settings
  // The guard decides about other tries.
  const options = { retryOptions: { maxTries: 1 } }
  if (connection_string !== undefined) return new ContainerClient(connection_string, container, options)
  const url = `${endpointOf(settings)}/${container}`
  if (key !== undefined) return new ContainerClient(url, new StorageSharedKeyCredential(account!, key), options)
  if (sas !== undefined)
    return new ContainerClient(`${url}?${sas.replace(/^\?/, '')}`, new AnonymousCredential(), options)
  const { DefaultAzureCredential } = await import('@azure/identity')
  return new ContainerClient(url, new DefaultAzureCredential(), options)
}

/** Where the host is a bare address, as with Azurite, the account is the first part of the path. */
function endpointOf({ account, endpoint }: AzureSettings): string {
  if (endpoint === undefined) return `https://${account}.blob.core.windows.net`
  const { hostname, pathname } = new URL(endpoint)
  const isAddress = hostname === 'localhost' || /^[\d.]+$|^\[/.test(hostname)
  const whole = isAddress && pathname === '/' && account !== undefined ? new URL(account, endpoint).href : endpoint
  return whole.replace(/\/+$/, '')
}

export function secretsOfAzure({ key, sas, connection_string }: AzureSettings): (string | undefined)[] {
  const signature = /(?:^|[?&])sig=([^&]+)/.exec(sas ?? '')?.[1]
  const accountKey = /AccountKey=([^;]+)/.exec(connection_string ?? '')?.[1]
  return [key, sas, signature, connection_string, accountKey]
}

const identityErrors = new Set(['AggregateAuthenticationError', 'AuthenticationError', 'CredentialUnavailableError'])

/** https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes */
export function explainAzure(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined
  const { name, message, statusCode, code } = error as Error & { statusCode?: number; code?: string }
  // What the SDK's stream makes of a connection that breaks; whether it was us who ended it, the guard has asked before.
  if (name === 'AbortError' || message.startsWith('Data corruption failure: received less data')) {
    return { kind: 'outage', said: 'the connection broke' }
  }
  // Of @azure/identity: nobody along the chain has an identity for us, or one was refused.
  if (identityErrors.has(name)) return { kind: 'refused', said: `no identity: ${message}` }
  if (name !== 'RestError') return failureOfConnection(error)
  if (statusCode === undefined) return failureOfConnection(error) ?? { kind: 'outage', said: 'no connection' }
  const said = [statusCode, code, message.split('\n')[0]].filter(Boolean).join(' ')
  return code === 'ServerBusy' ? { kind: 'busy', said } : failureOfStatus(statusCode, said)
}
