// Hosts services for a test: real HTTP, real databases of its own, a clock that moves, a broker that listens.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServiceName } from '@waybill/contracts'
import { readWaybillSettings } from '@waybill/contracts/settings'
import { MovableClock } from '../clock/index.ts'
import { createAccessLog, createLogger, type Logger } from '../log/index.ts'
import { type CreateService, type Host, type HostOptions, hostServices } from '../service/index.ts'
import { FakeUserSystem } from './fake-user-system.ts'
import { TestBroker } from './test-broker.ts'
import { openTestDatabases, type TestDatabases } from './test-databases.ts'

export interface TestHost extends Host {
  readonly clock: MovableClock
  readonly broker: TestBroker
  /** Judges the tokens, unless the user service itself is hosted. */
  readonly users: FakeUserSystem
  readonly home: string
  readonly secretKey: Buffer
  /** Asks a service's database, or changes it, behind the service's back. */
  readonly query: TestDatabases['query']
  /** Stops it and starts it again on the same files and databases, as after a deployment. */
  restart(): Promise<TestHost>
}

export interface StartOptions {
  /** Settings as in the environment; limits are off unless set here. */
  env?: Record<string, string>
  peerUrls?: Partial<Record<ServiceName, string>>
  home?: string
  secretKey?: Buffer
  /** Nothing works in the background but between `work` and `rest`. */
  onDemand?: boolean
  /** Where log lines go; by default to standard error, from TEST_LOG_LEVEL on. */
  log?: Logger
  /** Rows besides those of the services. */
  pages?: HostOptions['pages']
  /** Stands for SNS where it is called, for certificates and confirmations. */
  fetchFromSns?: HostOptions['fetchFromSns']
  /** Another instance of the same installation: folder, databases, clock, broker and tokens are shared. MySQL only; to be stopped first. */
  beside?: TestHost
}

/** Starts the services that `create` makes; `stop` removes their folder and, where nobody else has them open, their databases. */
export async function startService(create: CreateService[], options: StartOptions = {}): Promise<TestHost> {
  const { beside } = options
  const home = beside?.home ?? options.home ?? (await mkdtemp(join(tmpdir(), 'waybill-test-')))
  const secretKey = beside?.secretKey ?? options.secretKey ?? randomBytes(32)
  const clock = beside?.clock ?? new MovableClock()
  const broker = beside?.broker ?? new TestBroker()
  const users = beside?.users ?? new FakeUserSystem()
  const databases = await openTestDatabases(home)
  const settings = readWaybillSettings({
    PORT: '0',
    WAYBILL_HOME: home,
    USER_DATABASE_URL: databases.urls.user,
    ORDER_DATABASE_URL: databases.urls.order,
    PAYMENT_DATABASE_URL: databases.urls.payment,
    DATA_DATABASE_URL: databases.urls.data,
    // Many hosts share an engine that takes 151 connections by default.
    DATABASE_POOL_SIZE: '4',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    RATE_LIMIT_PER_MINUTE: '0',
    SIGN_IN_LIMIT_PER_MINUTE: '0',
    ...options.env,
  })
  // Written at once, not buffered: a test that fails shows all that was logged before.
  const log = options.log ?? createLogger({ name: 'test', level: settings.LOG_LEVEL, stream: process.stderr })
  const accessLog = createAccessLog({ name: 'test', level: settings.LOG_LEVEL, stream: process.stderr })
  const host = await hostServices({
    settings,
    secretKey,
    create,
    clock,
    broker,
    log,
    accessLog,
    drainMilliseconds: 0,
    onDemand: options.onDemand,
    peerUrls: options.peerUrls,
    judge: users,
    fetchFromSns: options.fetchFromSns,
    pages: options.pages,
  }).catch(async error => {
    await databases.release()
    throw error
  })

  return {
    ...host,
    clock,
    broker,
    users,
    home,
    secretKey,
    query: databases.query,
    stop: async () => {
      await host.stop()
      await databases.release()
      if (!beside) await rm(home, { recursive: true, force: true })
    },
    restart: async () => {
      await host.stop()
      const again = await startService(create, { ...options, home, secretKey })
      await databases.release()
      return again
    },
  }
}

export interface Reply<T = unknown> {
  status: number
  headers: Headers
  /** The parsed body: envelope, problem document, or undefined where there is none. */
  body: {
    request_id: string
    data: T
    page?: { next_cursor: string | null }
    code?: string
    errors?: { field: string; message: string }[]
    detail?: string
  }
  text: string
}

/** Calls an API as a client would: `call(host.url, 'POST /user', { body, token, headers })`. */
export async function call<T = unknown>(
  url: string,
  verbAndPath: string,
  options: { token?: string; body?: unknown; headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Reply<T>> {
  const [verb, path] = verbAndPath.split(' ') as [string, string]
  const response = await fetch(url + path, {
    method: verb,
    headers: {
      ...(options.token ? { Authorization: `Bearer ${options.token}` } : {}),
      ...(options.body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...options.headers,
    },
    body:
      options.body === undefined
        ? undefined
        : typeof options.body === 'string' || options.body instanceof Uint8Array
          ? options.body
          : JSON.stringify(options.body),
    signal: options.signal,
  })
  const text = await response.text()
  const isJson =
    /json/.test(response.headers.get('content-type') ?? '') &&
    !/ndjson/.test(response.headers.get('content-type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : undefined,
    text,
  } as Reply<T>
}

/** Asks again and again until `read` answers something that `holds`; answers it. Fails after `seconds`, saying what it saw last. */
export async function until<T>(read: () => Promise<T> | T, holds: (value: T) => boolean, seconds = 30): Promise<T> {
  const end = performance.now() + seconds * 1_000
  for (;;) {
    const value = await read()
    if (holds(value)) return value
    if (performance.now() > end) throw new Error(`not reached within ${seconds} s; last seen: ${JSON.stringify(value)}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
