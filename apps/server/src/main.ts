// The server: reads the settings, hosts the services that they name, and stops in good order.
import { randomBytes } from 'node:crypto'
import { readWaybillSettings } from '@waybill/contracts/settings'
import { SettingsError } from '@waybill/platform/config'
import { DatabaseUnavailable } from '@waybill/platform/db'
import { createLogger } from '@waybill/platform/log'
import { type Host, hostServices, type Service, servicesToHost } from '@waybill/platform/service'
import type { UserService } from '@waybill/user-service'
import { consoleRoutes } from './console-routes.ts'
import { loadServices } from './load-services.ts'
import { findSecretKey, isEverythingHere } from './secret-key.ts'

/** sysexits.h EX_CONFIG: the settings are wrong, starting again will not help. */
const badSettings = 78
/** Longer than the kit gives to requests in flight, shorter than the 15 s after which an operator may kill. */
const stopWithinMilliseconds = 14_000
const builtConsole = new URL('../../console/dist/', import.meta.url)
const firstOperatorEmail = 'operator@waybill.localhost'

async function main(): Promise<void> {
  const settings = readWaybillSettings(process.env)
  const log = createLogger({ name: 'waybill', level: settings.LOG_LEVEL })
  const host = await hostServices({
    settings,
    log,
    secretKey: findSecretKey(settings),
    pages: consoleRoutes(builtConsole),
    create: await loadServices(servicesToHost(settings)),
  })
  stopOnSignal(host)
  if (isEverythingHere(settings) && !settings.OPERATOR_EMAIL) await introduceOperator(host.services)
  process.stdout.write(`waybill ready ${host.url}\n`)
  // A process manager that started us with a channel (PM2 with wait_ready) stops the process before us only now.
  process.send?.('ready')
}

/** Nobody should have to read about settings to be the operator of their own laptop: the first start makes one, and says so once. */
async function introduceOperator(services: Service[]): Promise<void> {
  const user = services.find(service => service.name === 'user') as UserService
  if (await user.hasOperator()) return
  const password = randomBytes(12).toString('base64url')
  await user.ensureOperator(firstOperatorEmail, password)
  process.stdout.write(`waybill operator ${firstOperatorEmail} password ${password} (shown this once)\n`)
}

function stopOnSignal(host: Host): void {
  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(1), stopWithinMilliseconds).unref()
    host.stop().then(
      () => process.exit(0),
      error => {
        process.stderr.write(`waybill could not stop in good order: ${error.stack}\n`)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function explainFailure(error: unknown): void {
  if (error instanceof SettingsError) {
    for (const line of error.lines) process.stderr.write(`${line}\n`)
    process.exit(badSettings)
  }
  const { code, port, address, stack } = error as NodeJS.ErrnoException & { port?: number; address?: string }
  if (code === 'EADDRINUSE') {
    process.stderr.write(`PORT ${port} is taken on ${address}: stop what listens there or set another PORT\n`)
  } else if (code === 'EACCES' || code === 'EROFS' || code === 'ENOSPC') {
    process.stderr.write(`waybill cannot write where it must: ${(error as Error).message} (see WAYBILL_HOME)\n`)
  } else if (error instanceof DatabaseUnavailable) {
    process.stderr.write(`${(error as Error).message}: start the database, or see *_DATABASE_URL\n`)
  } else {
    process.stderr.write(`${stack}\n`)
  }
  process.exit(1)
}

main().catch(explainFailure)
