// Stands for SNS, SQS and S3: the emulator fauxqs, in the process of the test.
import { setTimeout } from 'node:timers/promises'
import type { AwsOptions } from '../bus/index.ts'

export interface FakeAws {
  readonly port: number
  /** For brokers in this process; through `port`, so that it may be a proxy's. */
  optionsAt(port: number): AwsOptions
  /** For processes of their own: where it is, who they are, and a broker whose names begin with `prefix`. */
  settings(prefix: string): Record<string, string>
  /** Puts an object into a bucket, which is made where there is none; with no text, removes it. */
  putObject(bucket: string, key: string, text: string | undefined): Promise<void>
  stop(): Promise<void>
}

const region = 'eu-central-1'
export const fakeAwsUrl = (prefix: string) => `sns://${region}/${prefix}`

export async function startFakeAws(): Promise<FakeAws> {
  // Loaded where it is used: most tests do without.
  const { buildApp } = await import('fauxqs')
  const app = buildApp({ logger: false, defaultRegion: region })
  // A fault of the emulator's: it goes on waiting for a client that has gone, and hands it what comes. Here it is given back.
  app.addHook('onSend', async (request, _reply, payload) => {
    if (request.headers['x-amz-target'] !== 'AmazonSQS.ReceiveMessage') return
    // It may have gone in this very moment.
    await setTimeout(2)
    if (!request.raw.socket.destroyed) return
    const { QueueUrl } = request.body as { QueueUrl: string }
    const { Messages = [] } = JSON.parse(String(payload)) as { Messages?: { ReceiptHandle: string }[] }
    for (const { ReceiptHandle } of Messages) {
      const headers = {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'AmazonSQS.ChangeMessageVisibility',
      }
      const body = JSON.stringify({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 })
      await app.inject({ method: 'POST', url: '/', headers, payload: body })
    }
  })
  const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  const urlAt = (at: number | string) => `http://127.0.0.1:${at}`
  const credentials = { accessKeyId: 'fake', secretAccessKey: 'fake' }
  return {
    port: Number(port),
    optionsAt: at => ({ region, snsEndpoint: urlAt(at), sqsEndpoint: urlAt(at), credentials }),
    settings: prefix => ({
      BROKER_URL: fakeAwsUrl(prefix),
      AWS_ENDPOINT_URL: urlAt(port),
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    }),
    async putObject(bucket, key, text) {
      const at = `${urlAt(port)}/${bucket}`
      await fetch(at, { method: 'PUT' })
      const put = await fetch(`${at}/${key}`, text === undefined ? { method: 'DELETE' } : { method: 'PUT', body: text })
      if (!put.ok) throw new Error(`the emulator of S3 answered ${put.status}`)
    },
    stop: () => app.close(),
  }
}
