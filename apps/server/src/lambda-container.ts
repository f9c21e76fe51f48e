// The services in a Lambda container: put together once, at work only while an invocation runs, for between two it is frozen.
import type { Settings } from '@waybill/contracts/settings'
import { SettingsError } from '@waybill/platform/config'
import { createAccessLog, createLogger, type Logger } from '@waybill/platform/log'
import { databaseUrlOf, type Host, hostServices } from '@waybill/platform/service'
import type { LambdaContext } from './lambda-events.ts'
import { loadServices } from './load-services.ts'
import { readAtStart } from './read-configuration.ts'
import { findSecretKey } from './secret-key.ts'

export interface Container {
  readonly host: Host
  readonly log: Logger
  /**
   * Runs `work` and all that comes of it and is due at once, ends it in good order before the invocation's time is over, and
   * answers what `work` did: nothing goes on in the background after that. With `seeking`, other due work is done meanwhile.
   */
  during<T>(context: LambdaContext, how: { seeking: boolean }, work: (endsIn: () => number) => Promise<T>): Promise<T>
}

/** Kept back of an invocation's time, so that an export can write its checkpoint; of a short one, a quarter. */
const reserveMilliseconds = 20_000

/** Lambda gives a container 10 s for its start. */
const configurationPatienceMilliseconds = 6_000

/** Throws a SettingsError where the settings are not as Lambda needs them. */
export async function openContainer(environment: Record<string, string | undefined>): Promise<Container> {
  const firstLog = createLogger({ name: 'waybill', level: 'warn', stream: process.stderr })
  // Once for each container: a changed document holds for those that come later.
  const { settings } = await readAtStart(environment, firstLog, configurationPatienceMilliseconds)
  refuseWhatIsNotShared(settings)
  // Written at once: what waits in memory would be written when the next invocation thaws it, if ever one does.
  const logging = { name: 'waybill', level: settings.LOG_LEVEL, stream: process.stderr }
  const log = createLogger(logging)
  const host = await hostServices({
    settings,
    log,
    accessLog: createAccessLog(logging),
    secretKey: findSecretKey(settings),
    create: await loadServices(settings.WAYBILL_SERVICES),
    drainMilliseconds: 0,
    onDemand: true,
  })
  stopOnSignal(host, log)
  return containerOf(host, log)
}

/** Of a host that works on demand. */
export function containerOf(host: Host, log: Logger): Container {
  const during: Container['during'] = async (context, how, work) => {
    const reserve = Math.min(reserveMilliseconds, context.getRemainingTimeInMillis() / 4)
    const endsIn = () => Math.max(context.getRemainingTimeInMillis() - reserve, 0)
    try {
      await host.work(how)
      return await work(endsIn)
    } finally {
      // What was answered is committed: where the rest fails, rows remember what is left to do.
      await host.rest(endsIn()).catch(error => log.error({ err: error }, 'background work could not be ended'))
    }
  }
  return { host, log, during }
}

/** Containers come and go, and see nothing of each other's files and memory. */
function refuseWhatIsNotShared(settings: Settings): void {
  const lines = settings.WAYBILL_SERVICES.filter(name => databaseUrlOf(settings, name).startsWith('sqlite:')).map(
    name => `${name.toUpperCase()}_DATABASE_URL must be mysql://… on Lambda: no two containers share a file`,
  )
  if (!settings.BROKER_URL.startsWith('sns:')) {
    lines.push('BROKER_URL must be sns://… on Lambda: queues invoke the functions, nothing else could')
  }
  if (lines.length > 0) throw new SettingsError(lines)
}

/** Lambda sends it before it removes a container that has an extension; between invocations, so nothing is in flight. */
function stopOnSignal(host: Host, log: Logger): void {
  process.once('SIGTERM', () => {
    host.stop().then(
      () => process.exit(0),
      error => {
        log.error({ err: error }, 'waybill could not stop in good order')
        process.exit(1)
      },
    )
  })
}
