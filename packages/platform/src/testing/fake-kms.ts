// Stands for AWS KMS: a fake of ours that makes and opens data keys, and refuses as KMS does (KMS API reference, Decrypt and GenerateDataKeyWithoutPlaintext).
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { createVault } from '../auth/index.ts'

export interface FakeKms {
  readonly url: string
  /** For processes of their own: where it is, and who they are. */
  readonly settings: Record<string, string>
  /** How many keys it was asked to open. */
  opened(): number
  stop(): Promise<void>
}

interface Call {
  KeyId?: string
  CiphertextBlob?: string
  EncryptionContext?: Record<string, string>
}

export async function startFakeKms(): Promise<FakeKms> {
  const vault = createVault(randomBytes(32))
  let opened = 0
  const server = createServer(async (request, response) => {
    const call = (await json(request)) as Call
    const context = JSON.stringify(call.EncryptionContext ?? {})
    if (request.headers['x-amz-target'] === 'TrentService.GenerateDataKeyWithoutPlaintext') {
      const sealed = vault.seal(randomBytes(32).toString('base64'), context)
      return answer(response, 200, { CiphertextBlob: Buffer.from(sealed).toString('base64'), KeyId: call.KeyId })
    }
    try {
      const plain = vault.open(Buffer.from(call.CiphertextBlob!, 'base64').toString(), context)
      opened++
      answer(response, 200, { Plaintext: plain, KeyId: 'fake' })
    } catch {
      answer(response, 400, { __type: 'InvalidCiphertextException', message: 'null' })
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    settings: {
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL_KMS: url,
      AWS_ACCESS_KEY_ID: 'fake',
      AWS_SECRET_ACCESS_KEY: 'fake',
    },
    opened: () => opened,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
}
