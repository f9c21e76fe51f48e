// An export in a process of its own that is killed behind its first checkpoint, and what is delivered once another went on with it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Compression, OrderConfirmed } from '@waybill/contracts'
import { call, openTestDatabases, type TestDatabases, type TestHost } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { expect } from 'vitest'

interface Killed {
  facts: OrderConfirmed
  databases: TestDatabases
}

/** Exports the dataset `large` of the account from a cloud whose row stands in the database under `home`. */
export async function exportUntilKilled(
  home: string,
  {
    cloud,
    account,
    secretKey,
    compression,
  }: { cloud: string; account: string; secretKey: Buffer; compression?: Compression },
): Promise<Killed> {
  const facts: OrderConfirmed = {
    ...{ order_id: uuidv7(), process_id: uuidv7(), user_id: account, cloud, account },
    items: [{ dataset: 'large', format: 'ndjson', ...(compression ? { compression } : {}) }],
  }
  const databases = await openTestDatabases(home)
  const script = fileURLToPath(new URL('../host-for-a-crash.ts', import.meta.url))
  const options = [home, databases.urls.data, secretKey.toString('base64'), JSON.stringify(facts)]
  const child = spawn(process.execPath, [script, ...options], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  expect(line).toBe('export.progressed')
  child.kill('SIGKILL')
  await once(child, 'exit')
  return { facts, databases }
}

/** The file, once the order is delivered. */
export async function readDelivered(host: TestHost, { order_id, process_id, account, cloud }: OrderConfirmed) {
  const user = host.users.signIn({ user_id: account, account, cloud })
  await host.broker.send('order.delivered', order_id, {
    ...{ order_id, process_id, user_id: account, amount: 100, currency: 'USD' },
  })
  const headers = { Accept: 'application/x-ndjson' }
  return (await call(host.url, `GET /data?process_id=${process_id}`, { token: user.token, headers })).text
}
