// Azurite, the vendor's own emulator of Azure Blob Storage, in a process of its own that keeps everything in memory.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import type { OwnAnswer } from './fault-gate.ts'

export interface Azurite {
  /** Without the account, which is the first part of each path. */
  readonly url: string
  readonly account: string
  readonly key: string
  /** An error as Azure words it. */
  wordFault(status: number): OwnAnswer
  stop(): Promise<void>
}

const account = 'waybillaccount'
const key = Buffer.from('a key for a store that lives as long as a test').toString('base64')
const codes: Record<number, string> = { 403: 'AuthorizationFailure', 500: 'InternalError', 503: 'ServerBusy' }

export async function startAzurite(): Promise<Azurite> {
  const program = createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js')
  // Azurite knows no API version that is younger than itself; the SDK may be.
  const options = [
    '--inMemoryPersistence',
    '--skipApiVersionCheck',
    '--disableTelemetry',
    '--silent',
    '--blobPort',
    '0',
  ]
  const child = spawn(process.execPath, [program, ...options], {
    env: { ...process.env, AZURITE_ACCOUNTS: `${account}:${key}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  // A run of tests that is ended too early takes it along.
  const end = () => child.kill()
  process.once('exit', end)
  let url: string | undefined
  for await (const line of createInterface({ input: child.stdout })) {
    url = /successfully listens on (\S+)/.exec(line)?.[1]
    if (url !== undefined) break
  }
  if (url === undefined) throw new Error('azurite did not start')
  child.stdout.resume()
  return {
    ...{ url, account, key },
    wordFault: status => {
      const code = codes[status] ?? 'Unknown'
      return {
        status,
        headers: { 'Content-Type': 'application/xml', 'x-ms-error-code': code },
        body: `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>As told.</Message></Error>`,
      }
    },
    stop: async () => {
      process.off('exit', end)
      const exited = once(child, 'exit')
      child.kill()
      await exited
    },
  }
}
