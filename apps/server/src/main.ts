// The server: reads the settings, hosts the services that they name, and stops in good order.
import { randomBytes } from 'node:crypto'
import type { WaybillConfiguration } from '@waybill/contracts/settings'
import { createLogger } from '@waybill/platform/log'
import type { Service } from '@waybill/platform/service'
import type { UserService } from '@waybill/user-service'
import { collectGarbage } from './collect-garbage.ts'
import { consoleRoutes } from './console-routes.ts'
import { takeEnvironment } from './environment.ts'
import { explainFailure } from './explain-failure.ts'
import { expectSignal, type FollowedConfiguration, followConfiguration, readAtStart } from './read-configuration.ts'
import { openServices, type RunningServices } from './running-services.ts'
import { isEverythingHere } from './secret-key.ts'

/** Longer than the kit gives to requests in flight, shorter than the 15 s after which an operator may kill. */
const stopWithinMilliseconds = 14_000
const builtConsole = new URL('../../console/dist/', import.meta.url)
const firstOperatorEmail = 'operator@waybill.localhost'
/** As it was read at the start; undefined until then. */
let configuration: WaybillConfiguration | undefined

async function main(): Promise<void> {
  const environment = takeEnvironment()
  const hasBeenAsked = expectSignal(environment)
  // How much is to be logged is not known yet.
  const firstLog = createLogger({ name: 'waybill', level: 'warn', stream: process.stderr })
  configuration = await readAtStart(environment, firstLog)
  const { settings } = configuration
  const running = await openServices(settings, consoleRoutes(builtConsole))
  let followed: FollowedConfiguration | undefined
  stopOnSignal(running, () => followed?.stop())
  // Before settings may change: that would put other services in the place of these.
  if (isEverythingHere(settings) && !settings.OPERATOR_EMAIL) await introduceOperator(running.services())
  followed = followConfiguration({
    hasBeenAsked,
    environment,
    log: running.log,
    current: configuration,
    apply: next => running.renew(next.settings),
  })
  await collectGarbage()
  process.stdout.write(`waybill ready ${running.url}\n`)
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

function stopOnSignal(running: RunningServices, unfollow: () => void): void {
  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(1), stopWithinMilliseconds).unref()
    unfollow()
    running.stop().then(
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

main().catch(error => explainFailure(error, configuration))
