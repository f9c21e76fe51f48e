// Hosts services in this process: one HTTP server, one broker connection, one set of caches for all of them.
import type { AnyCloudEvent, ServiceName } from '@waybill/contracts'
import { contractVersion, serviceNames } from '@waybill/contracts'
import type { Settings } from '@waybill/contracts/settings'
import { type Authenticator, CachedAuthenticator, createVault, RemoteAuthenticator } from '../auth/index.ts'
import { awsOptionsOf, type Broker, createBroker, within } from '../bus/index.ts'
import { type Clock, systemClock } from '../clock/index.ts'
import { SettingsError } from '../config/index.ts'
import {
  createCursors,
  createHttpServer,
  createPeer,
  type FrontDoor,
  type HttpServer,
  type Peer,
  type Route,
} from '../http/index.ts'
import { createAccessLog, createLogger, type Logger, startTracing } from '../log/index.ts'
import { createMetrics } from '../metrics/index.ts'
import { healthRoutes, operationsRoutes } from './operations-routes.ts'
import type { CreateService, Service, ServiceHost } from './service.ts'
import type { FetchFromSns } from './sns-host.ts'
import { snsRoute } from './sns-route.ts'

export interface HostOptions {
  settings: Settings
  secretKey: Buffer
  create: CreateService[]
  clock?: Clock
  log?: Logger
  accessLog?: Logger
  drainMilliseconds?: number
  /** Nothing works in the background but between `work` and `rest`: for a process that is frozen in between. */
  onDemand?: boolean
  broker?: Broker
  /** Judges tokens where the user service is not hosted here: for tests of a service on its own. */
  judge?: Authenticator
  /** Peers that are not this process; by default the settings say where they are. */
  peerUrls?: Partial<Record<ServiceName, string>>
  /** Rows besides those of the services and of operations, such as pages for people. */
  pages?: Route[]
  /** Where requests come in; whoever has it may let other services follow these without losing a connection. */
  door?: FrontDoor
  /** For tests, which have no SNS. */
  fetchFromSns?: FetchFromSns
}

export interface Host {
  readonly url: string
  readonly routes: Route[]
  readonly services: Service[]
  /**
   * Only on demand. Begins background work: whatever is due and waits in the outboxes, or, not `seeking`, only what comes of
   * the calls and messages that this process takes from now on.
   */
  work(options: { seeking: boolean }): Promise<void>
  /** Ends background work: waits up to `patience` ms until none is under way, then stops the rest where it can go on later. */
  rest(patience: number): Promise<void>
  /** Takes no more work, finishes what is in flight, closes the databases. */
  stop(): Promise<void>
  /** The same, but leaves the door and its connections to the services that come after these. */
  leave(): Promise<void>
}

/** How long requests in flight may take once the process is told to stop. */
const closeWithinMilliseconds = 8_000

export async function hostServices(options: HostOptions): Promise<Host> {
  const { settings } = options
  const clock = options.clock ?? systemClock
  const log = options.log ?? createLogger({ name: 'waybill', level: settings.LOG_LEVEL })
  const endpoint = settings.OTEL_EXPORTER_OTLP_ENDPOINT
  const warn = (reason: string) => log.warn({ reason }, 'spans are lost')
  // Before anything is put together: what is wrapped from now on is traced.
  const stopTracing = endpoint && (await startTracing({ endpoint, version: contractVersion, warn }))
  const vault = createVault(options.secretKey)
  const peerKey = vault.deriveKey('peer').toString('base64url')
  let ownUrl = `http://127.0.0.1:${settings.PORT}`

  const urls = peerUrls(settings, options.peerUrls)
  const peers = Object.fromEntries(
    serviceNames.map(name => [name, createPeer(name, () => urls[name] ?? ownUrl, peerKey)]),
  ) as Record<ServiceName, Peer>
  const metrics = createMetrics()
  const broker =
    options.broker ??
    (await createBroker(settings.BROKER_URL, {
      log,
      metrics,
      aws: awsOptionsOf(settings),
      polls: !options.onDemand,
      name: `waybill ${settings.WAYBILL_SERVICES.join(',')} ${process.pid}`,
    }))
  const host: ServiceHost = {
    settings,
    clock,
    log,
    metrics,
    broker,
    vault,
    cursors: createCursors(vault.deriveKey('cursor')),
    peers,
  }

  const services: Service[] = []
  async function stopWorking(): Promise<void> {
    // While the databases are still there for the messages under way; the outboxes go on publishing.
    await broker.stopConsuming()
    for (const service of services) await service.stop?.()
    await Promise.all(services.map(service => service.store.stop()))
    await broker.close()
    if (stopTracing) await stopTracing()
  }

  try {
    return await open()
  } catch (error) {
    // Others may go on in this process.
    await stopWorking().catch(failure => log.warn({ err: failure }, 'what had been started could not be stopped'))
    throw error
  }

  async function open(): Promise<Host> {
    for (const create of options.create) services.push(await create(host))
    const authenticator = new CachedAuthenticator(judgeOf(services, options, peers.user), clock)
    broker.listen(['session.revoked', 'user.changed'], event => forget(authenticator, event))

    const routes = routesFor(host, services, options)
    const http: HttpServer = createHttpServer(routes, {
      log,
      accessLog: options.accessLog ?? createAccessLog({ name: 'waybill', level: settings.LOG_LEVEL }),
      metrics: metrics.http,
      authenticator,
      peerKey,
      drainMilliseconds: options.drainMilliseconds ?? settings.DRAIN_TIME,
      corsOrigins: settings.CORS_ORIGINS,
      trustedProxies: settings.TRUST_PROXY,
      notAuthenticatedStatus: Number(settings.NOT_AUTHENTICATED_STATUS),
      requestsPerMinute: settings.RATE_LIMIT_PER_MINUTE,
      signInsPerMinute: settings.SIGN_IN_LIMIT_PER_MINUTE,
      door: options.door,
    })

    // All consumers are subscribed by now: the outboxes may publish what a crash left behind. A broker that is down delays nothing.
    await broker.start()
    const port = await http.listen(settings.PORT, settings.HOST)
    ownUrl = `http://${settings.HOST === '0.0.0.0' ? '127.0.0.1' : settings.HOST}:${port}`
    for (const service of services) await service.start?.()
    const startStores = async (how: { seeking: boolean }) => {
      for (const service of services) await service.store.start(how)
    }
    if (!options.onDemand) await startStores({ seeking: true })
    // The last that may fail has been done: whoever answered before may go on where it did.
    http.open()

    return {
      url: `http://localhost:${port}`,
      routes,
      services,
      work: startStores,
      async rest(patience) {
        await Promise.all(services.map(service => service.store.rest(patience)))
      },
      async stop() {
        await within(closeWithinMilliseconds, http.close())
        http.server.closeAllConnections()
        await stopWorking()
      },
      async leave() {
        await within(closeWithinMilliseconds, http.leave())
        await stopWorking()
      },
    }
  }
}

function peerUrls(settings: Settings, given: HostOptions['peerUrls']): Partial<Record<ServiceName, string>> {
  return {
    user: settings.USER_SERVICE_URL,
    order: settings.ORDER_SERVICE_URL,
    payment: settings.PAYMENT_SERVICE_URL,
    data: settings.DATA_SERVICE_URL,
    ...given,
  }
}

function routesFor(host: ServiceHost, services: Service[], { fetchFromSns, pages = [] }: HostOptions): Route[] {
  if (host.settings.WAYBILL_WORK === 'export') return healthRoutes({ host, services })
  const routes = services.flatMap(service => service.routes)
  routes.push(snsRoute({ host, services, fetchFromSns }))
  routes.push(...operationsRoutes({ host, services, routes }))
  // Not among the rows that the documents are made from: pages are no part of the API.
  return [...routes, ...pages]
}

/** Of a process that nobody signs in to. */
const knowsNobody: Authenticator = { authenticate: async () => undefined }

function judgeOf(services: Service[], { judge, settings }: HostOptions, user: Peer): Authenticator {
  if (settings.WAYBILL_WORK === 'export') return knowsNobody
  const own = services.find(service => service.judge)?.judge
  if (!own && !judge && settings.USER_SERVICE_URL === undefined) {
    throw new SettingsError([
      'USER_SERVICE_URL is required where the user service is not hosted: only it can judge a token',
    ])
  }
  return own ?? judge ?? new RemoteAuthenticator(user, { issuer: settings.JWT_ISSUER, audience: settings.JWT_AUDIENCE })
}

// Heard in passing and unchecked: rubbish must not stop the cache from hearing the next.
function forget(authenticator: CachedAuthenticator, event: AnyCloudEvent): void {
  if (event.type === 'session.revoked') authenticator.forgetSession(event.data?.session_id)
  if (event.type === 'user.changed') authenticator.forgetUser(event.data?.user_id)
}
