// The services of this process. When settings change they are put together anew behind the same door: no connection is lost, and
// what is in flight is finished by those that began it.
import type { Settings } from '@waybill/contracts/settings'
import { createFrontDoor, type Route } from '@waybill/platform/http'
import { createAccessLog, createLogger, type Logger, standardError } from '@waybill/platform/log'
import {
  type CreateService,
  databaseUrlOf,
  type Host,
  hostServices,
  type Service,
  servicesToHost,
} from '@waybill/platform/service'
import { loadServices } from './load-services.ts'
import { findSecretKey } from './secret-key.ts'

export interface RunningServices {
  readonly url: string
  services(): Service[]
  log(): Logger
  /**
   * Puts other settings into effect and answers which wait for a new start of the process. Rejects where that is not possible, and those
   * before stay in effect.
   */
  renew(settings: Settings): Promise<readonly string[]>
  stop(): Promise<void>
}

interface Prepared {
  settings: Settings
  secretKey: Buffer
  create: CreateService[]
}

interface Running {
  prepared: Prepared
  log: Logger
  host: Host
}

/** `pages`: rows besides those of the services. */
export async function openServices(settings: Settings, pages: Route[]): Promise<RunningServices> {
  const door = createFrontDoor()
  const stream = standardError()
  let running = await open(await prepare(settings))
  let renewing: Promise<unknown> = Promise.resolve()
  let stopping = false

  /** Finds out what can be found out before anything is stopped for it. */
  async function prepare(given: Settings): Promise<Prepared> {
    return { settings: given, secretKey: findSecretKey(given), create: await loadServices(servicesToHost(given)) }
  }

  async function open(prepared: Prepared): Promise<Running> {
    const logging = { name: 'waybill', level: prepared.settings.LOG_LEVEL, stream }
    const log = createLogger(logging)
    const host = await hostServices({ ...prepared, log, accessLog: createAccessLog(logging), pages, door })
    return { prepared, log, host }
  }

  async function renew(given: Settings): Promise<readonly string[]> {
    if (stopping) return []
    const before = running
    const { PORT, HOST } = before.prepared.settings
    const waiting = (['PORT', 'HOST'] as const).filter(name => given[name] !== before.prepared.settings[name])
    if (waiting.length > 0) before.log.warn({ changed: waiting }, 'takes effect when the process is started anew')
    // Where it listens is known to others, such as the load balancer: it stays until the process is started anew.
    const next = await prepare({ ...given, PORT, HOST })
    if (mayStandBeside(before.prepared.settings) && mayStandBeside(next.settings)) {
      // As if another instance were started and this one stopped: where the new one cannot start, nothing has happened.
      running = await open(next)
      await before.host.leave()
      return waiting
    }
    await before.host.leave()
    running = await open(next).catch(async failure => {
      running = await open(before.prepared).catch(endWith)
      throw failure
    })
    return waiting
  }

  return {
    url: running.host.url,
    services: () => running.host.services,
    log: () => running.log,
    renew(given) {
      const renewed = renew(given)
      renewing = renewed
      return renewed
    },
    async stop() {
      stopping = true
      // Whichever services it ends with are stopped.
      await renewing.catch(() => {})
      await running.host.stop()
    },
  }
}

/** True where other processes could share the work: then two sets of services in one process can, too. */
function mayStandBeside(settings: Settings): boolean {
  return (
    settings.BROKER_URL !== 'memory:' &&
    settings.WAYBILL_SERVICES.every(name => !databaseUrlOf(settings, name).startsWith('sqlite:'))
  )
}

/** Neither the settings of before nor those after them: whoever started the process starts it again. */
function endWith(error: Error): never {
  process.stderr.write(`waybill could not go on with the settings of before: ${error.stack}\n`)
  process.exit(1)
}
