// The server: reads the settings, hosts the services that they name, and stops in good order.
import { randomBytes } from 'node:crypto'
import { readWaybillSettings } from '@waybill/contracts/settings'
import { createLogger } from '@waybill/platform/log'
import { type Host, hostServices, type Service, servicesToHost } from '@waybill/platform/service'
import type { UserService } from '@waybill/user-service'
import { consoleRoutes } from './console-routes.ts'
import { explainFailure } from './explain-failure.ts'
import { loadServices } from './load-services.ts'
import { findSecretKey, isEverythingHere } from './secret-key.ts'

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

main().catch(explainFailure)
