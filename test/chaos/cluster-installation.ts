// The installation of a company: two instances of each service, MariaDB, RabbitMQ and a balancer, all of the suite's own.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type ServiceName, serviceNames } from '@waybill/contracts'
import { startTcpProxy } from '@waybill/platform/testing'
import { startLoadBalancer } from '../system/load-balancer.ts'
import { openMysqlBooks } from './books.ts'
import { type InstallationOptions, tradeSettings } from './embedded-installation.ts'
import type { Doors, Installation } from './installation.ts'
import { createPrivateMariadb } from './private-mariadb.ts'
import { createPrivateRabbitmq } from './private-rabbitmq.ts'
import { quietPort } from './quiet-port.ts'
import { mountSmallDisk } from './small-disk.ts'
import { WaybillProcess } from './waybill-process.ts'

const instancesOfEach = 2

export async function createClusterInstallation(options: InstallationOptions): Promise<Installation> {
  const { folder, code, clockLibrary } = options
  const home = join(folder, 'home')
  const cloudFolder = join(home, 'clouds', 'local')
  const disk = options.wantsDisk ? await mountSmallDisk(cloudFolder) : undefined
  const rabbitPorts = { amqp: await quietPort(), distribution: await quietPort(), names: await quietPort() }
  const rabbitmq = await createPrivateRabbitmq(join(folder, 'rabbitmq'), rabbitPorts)
  const mariadb = await createPrivateMariadb(join(folder, 'mariadb'), await quietPort())
  await Promise.all([rabbitmq.start(), mariadb.start()])
  const accounts = await mariadb.createDatabases()
  const urlOf = (service: ServiceName, port: number) => {
    const { user, password, database } = accounts[service]
    return `mysql://${user}:${password}@127.0.0.1:${port}/${database}`
  }
  const books = openMysqlBooks(
    Object.fromEntries(serviceNames.map(service => [service, urlOf(service, mariadb.port)])) as Record<
      ServiceName,
      string
    >,
  )

  const names = (service: ServiceName) => Array.from({ length: instancesOfEach }, (_, at) => `${service}-${at + 1}`)
  const ports = new Map<string, number>()
  for (const name of serviceNames.flatMap(names)) ports.set(name, await quietPort())
  const addresses = serviceNames.map(service => [
    service,
    names(service).map(name => ({ name, address: `127.0.0.1:${ports.get(name)}` })),
  ])
  const balancer = await startLoadBalancer(Object.fromEntries(addresses))
  const { url } = balancer
  const shared = {
    ...tradeSettings,
    // As the balancer's file wants it: three checks fit in before a process that is told to stop takes no more.
    DRAIN_TIME: '2s',
    WAYBILL_HOME: home,
    WAYBILL_SECRET_KEY: randomBytes(32).toString('base64'),
    ...Object.fromEntries(
      serviceNames.map(service => [`${service.toUpperCase()}_SERVICE_URL`, balancer.serviceUrls[service]]),
    ),
  }
  const doors = new Map<string, Doors>()
  const processes: WaybillProcess[] = []
  for (const service of serviceNames) {
    for (const name of names(service)) {
      const database = await startTcpProxy({ host: '127.0.0.1', port: mariadb.port }, { port: await quietPort() })
      const broker = await startTcpProxy({ host: '127.0.0.1', port: rabbitPorts.amqp }, { port: await quietPort() })
      doors.set(name, { database, broker })
      processes.push(
        new WaybillProcess({
          ...{ name, services: [service], port: ports.get(name)!, code, folder, clockLibrary },
          environment: {
            ...shared,
            WAYBILL_SERVICES: service,
            [`${service.toUpperCase()}_DATABASE_URL`]: urlOf(service, database.port),
            BROKER_URL: `amqp://guest:guest@127.0.0.1:${broker.port}`,
          },
        }),
      )
    }
  }

  return {
    ...{ url, processes, books, cloudFolder, disk, doors },
    ...{ broker: rabbitmq, database: mariadb, brokerUrl: rabbitmq.url },
    async start() {
      await Promise.all(processes.map(process => process.start()))
      await Promise.all(processes.map(({ name }) => balancer.untilUp(name)))
    },
    async stop() {
      await Promise.all(processes.map(process => process.stop()))
      for (const { database, broker } of doors.values()) await Promise.all([database.stop(), broker.stop()])
      await books.close()
      await Promise.all([balancer.stop(), mariadb.stop(), rabbitmq.remove()])
      await disk?.remove()
    },
  }
}
