// What the tests of the data service share: a host with peers that answer as they are told, accounts with files, orders.
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ExportRecord, OrderConfirmed, OrderedItem } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import { call, type FakePeer, startFakePeer, startService, type TestHost, until } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { createDataService } from '../src/data-service.ts'

export interface SignedIn {
  token: string
  principal: Principal
}

export class DataWorld {
  host: TestHost
  readonly order: FakePeer
  readonly payment: FakePeer

  constructor(host: TestHost, order: FakePeer, payment: FakePeer) {
    this.host = host
    this.order = order
    this.payment = payment
  }

  async stop(): Promise<void> {
    await this.host.stop()
    await this.order.stop()
    await this.payment.stop()
  }

  async restart(): Promise<void> {
    const { users } = this.host
    this.host = await this.host.restart()
    // Tokens of before stay good.
    this.host.users.authenticate = token => users.authenticate(token)
    this.host.users.signIn = as => users.signIn(as)
  }

  signIn(as: Partial<Principal> = {}): SignedIn {
    return this.host.users.signIn(as)
  }

  get<T>(who: SignedIn | undefined, path: string, headers?: Record<string, string>) {
    return call<T>(this.host.url, `GET ${path}`, { token: who?.token, headers })
  }

  localPath(...parts: string[]): string {
    return join(this.host.home, 'clouds', 'local', ...parts)
  }

  /** Puts a file into somebody's account of LOCAL. */
  async put(account: string, file: string, content: string | Buffer): Promise<void> {
    const path = this.localPath(account, file)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
  }

  /** All files that lie under a process's delivery. */
  async delivered({ account, process_id }: { account: string; process_id: string }): Promise<string[]> {
    return readdir(this.localPath(account, '.waybill', process_id)).catch(() => [])
  }

  factsFor({ principal }: SignedIn, items: (string | OrderedItem)[], as: Partial<OrderConfirmed> = {}): OrderConfirmed {
    return {
      order_id: uuidv7(),
      process_id: uuidv7(),
      user_id: principal.user_id,
      cloud: principal.cloud ?? 'LOCAL',
      account: principal.account,
      items: items.map(item => (typeof item === 'string' ? { dataset: item, format: 'ndjson' as const } : item)),
      ...as,
    }
  }

  confirm(facts: OrderConfirmed) {
    return this.host.broker.send('order.confirmed', facts.order_id, facts)
  }

  cancel({ order_id, process_id, user_id, cloud, account }: OrderConfirmed) {
    return this.host.broker.send('order.cancelled', order_id, {
      ...{ order_id, process_id, user_id, cloud, account, amount: 100, currency: 'USD' },
      ...{ payment_mode: 'now' as const, cancel_reason: 'cancelled_by_user' as const },
    })
  }

  deliver({ order_id, process_id, user_id }: OrderConfirmed) {
    return this.host.broker.send('order.delivered', order_id, {
      ...{ order_id, process_id, user_id, amount: 100, currency: 'USD' },
    })
  }

  /** Confirms an order and waits until it is exported and delivered. */
  async exportAndDeliver(who: SignedIn, items: (string | OrderedItem)[]): Promise<OrderConfirmed> {
    const facts = this.factsFor(who, items)
    await this.confirm(facts)
    await this.host.broker.waitFor('export.finished', facts.order_id)
    await this.deliver(facts)
    return facts
  }

  async untilExport(who: SignedIn, processId: string, state: ExportRecord['state']): Promise<ExportRecord> {
    const reply = await until(
      () => this.get<ExportRecord>(who, `/exports/${processId}`),
      ({ body }) => body.data?.state === state,
    )
    return reply.body.data
  }
}

export async function startDataWorld(env?: Record<string, string>): Promise<DataWorld> {
  const [order, payment] = [await startFakePeer(), await startFakePeer()]
  const host = await startService([createDataService], {
    env,
    peerUrls: { order: order.url, payment: payment.url },
  })
  return new DataWorld(host, order, payment)
}

/** Every page of a list, one after the other. */
export async function readAllPages(
  world: DataWorld,
  who: SignedIn,
  path: string,
  limit: number,
): Promise<{ records: unknown[]; pages: number }> {
  const records: unknown[] = []
  let cursor: string | null = null
  let pages = 0
  do {
    const query: string = `limit=${limit}${cursor === null ? '' : `&cursor=${cursor}`}`
    const { status, body, text } = await world.get<{ records: unknown[] }>(who, `${path}&${query}`)
    if (status !== 200) throw new Error(text)
    records.push(...body.data.records)
    cursor = body.page?.next_cursor ?? null
    pages++
  } while (cursor !== null)
  return { records, pages }
}
