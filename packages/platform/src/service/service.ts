// What a service is to the process that hosts it, and what the process gives to a service.
import type { ServiceName } from '@waybill/contracts'
import type { Settings } from '@waybill/contracts/settings'
import type { Authenticator, Vault } from '../auth/index.ts'
import { type Broker, Consumer, Outbox } from '../bus/index.ts'
import type { Clock } from '../clock/index.ts'
import { type Database, migrate, openDatabase, type Timer, Timers, waitForDatabase } from '../db/index.ts'
import { type Cursors, IdempotencyKeys, type Peer, type Route } from '../http/index.ts'
import type { Logger } from '../log/index.ts'
import type { Metrics } from '../metrics/index.ts'

export interface ServiceHost {
  readonly settings: Settings
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  readonly broker: Broker
  readonly vault: Vault
  readonly cursors: Cursors
  /** The HTTP APIs of all services, wherever they are hosted. */
  readonly peers: Record<ServiceName, Peer>
}

export interface Service {
  readonly name: ServiceName
  readonly routes: Route[]
  readonly store: ServiceStore<never>
  /** Only the user service has it: it judges tokens for the process that hosts it. */
  readonly judge?: Authenticator
  /** Work of its own that is tried again at a later time when it fails. */
  readonly retried?: RetriedWork
  /** What it keeps about one of these ids, as its API shows it; others ask for it together with what waits. */
  readonly recordOf?: (ids: string[]) => Promise<object | undefined>
  /** Begins what the store's timers and outbox do not begin by themselves. */
  start?(): Promise<void>
  stop?(): Promise<void>
}

/** Timers that wait because what they are there for has failed: they may be looked at, and hastened, from outside. */
export interface RetriedWork {
  readonly kinds: readonly string[]
  /** The subjects of those timers, where others know the same things by other ids. */
  subjectsOf?(ids: string[]): Promise<string[]>
}

export type CreateService = (host: ServiceHost) => Promise<Service>

/** A service's own database and the plumbing that lives in it. */
export interface ServiceStore<T> {
  readonly database: Database<T>
  readonly outbox: Outbox
  readonly timers: Timers
  readonly consumer: Consumer<T>
  readonly idempotency: IdempotencyKeys
  /** Begins the work of timers and outbox: all that waits, or, not `seeking`, only what comes of calls and messages from now on. */
  start(options?: { seeking: boolean }): Promise<void>
  /** Ends it, what is under way included, within `patience` ms where that is possible; `start` begins it again. */
  rest(patience: number): Promise<void>
  stop(): Promise<void>
}

const housekeepingMilliseconds = 10 * 60_000
/** No transaction of the housekeeping is larger than that; where there is more, the next comes at once. */
const removedAtOnce = 2_000
/** How long an export waits at most for a process that takes only exports. */
const exportPollMilliseconds = 100
/** How long a service that starts waits for its database. */
const databasePatienceMilliseconds = 60_000

/** Opens a service's database, brings it up to date and puts outbox, inbox, timers and idempotency keys on it. */
export async function openStore<T>(host: ServiceHost, name: ServiceName, migrations: URL): Promise<ServiceStore<T>> {
  const { clock, broker, metrics } = host
  const log = host.log.child({ service: name })
  const { database } = await openMigrated<T>({ settings: host.settings, log }, name, migrations)
  // The plumbing's tables stand in every service's database; the service's own types need not know them.
  const plumbing = database as unknown as Database<never>
  const timers = new Timers(plumbing, {
    ...{ clock, log, alone: database.engine === 'sqlite' },
    // Its work is always another process's rows: nothing but a look tells that there is some.
    pollMilliseconds: host.settings.WAYBILL_WORK === 'export' ? exportPollMilliseconds : undefined,
  })
  const outbox = new Outbox(plumbing, {
    ...{ broker, clock, log },
    published: type => metrics.published({ service: name, type }),
  })
  const consumer = new Consumer<T>(name, database, { timers, clock, log })
  const idempotency = new IdempotencyKeys(plumbing, clock)
  timers.handle('housekeeping', keepHouse, { concurrency: 1 })

  async function keepHouse(timer: Timer): Promise<void> {
    const isFull = [
      await idempotency.removeExpired(removedAtOnce),
      await consumer.forgetHandled(removedAtOnce),
      await consumer.forgetRecovered(removedAtOnce),
    ].includes(removedAtOnce)
    const pause = isFull ? 0 : housekeepingMilliseconds
    await database.transaction(tx => timer.reschedule(tx, clock.now() + pause))
  }

  async function rest(patience: number): Promise<void> {
    await timers.stop(patience)
    await outbox.stop()
  }

  return {
    database,
    outbox,
    timers,
    consumer,
    idempotency,
    async start({ seeking } = { seeking: true }) {
      await timers.start({ seeking })
      if (!seeking) return
      // However often processes come and go, it is never put off for ever.
      const dueAt = clock.now() + housekeepingMilliseconds
      await database.transaction(tx => timers.scheduleOnce(tx, 'housekeeping', name, dueAt))
      await outbox.start()
    },
    rest,
    async stop() {
      await rest(0)
      await database.close()
    },
  }
}

/**
 * Waits for a service's database and brings it up to date; `applied` names what was missing, in its order. Throws a
 * SettingsError where the database refuses us, and a DatabaseUnavailable where it does not come.
 */
export async function openMigrated<T>(
  { settings, log }: Pick<ServiceHost, 'settings' | 'log'>,
  name: ServiceName,
  migrations: URL,
): Promise<{ database: Database<T>; applied: string[] }> {
  const database = await openDatabase<T>(databaseUrlOf(settings, name), {
    synchronous: settings.SQLITE_SYNCHRONOUS,
    poolSize: settings.DATABASE_POOL_SIZE,
  })
  const setting = `${name.toUpperCase()}_DATABASE_URL`
  try {
    await waitForDatabase(database, { setting, log, patience: databasePatienceMilliseconds })
    return { database, applied: await migrate(database, migrations) }
  } catch (error) {
    await database.close()
    throw error
  }
}

/** Where a service's database is: its own setting, else a SQLite file under WAYBILL_HOME. */
export function databaseUrlOf(settings: Settings, name: ServiceName): string {
  const own = {
    user: settings.USER_DATABASE_URL,
    order: settings.ORDER_DATABASE_URL,
    payment: settings.PAYMENT_DATABASE_URL,
    data: settings.DATA_DATABASE_URL,
  }[name]
  return own ?? `sqlite:${settings.WAYBILL_HOME}/${name}.sqlite`
}
