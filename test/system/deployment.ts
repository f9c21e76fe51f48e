// Deploys the whole system as real processes: one on SQLite, one for each service on MySQL and RabbitMQ or SNS and SQS, or several of each behind a load balancer.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type ServiceName, serviceNames } from '@waybill/contracts'
import {
  call,
  createTestVhost,
  dropTestDatabases,
  engineUrls,
  freePort,
  freePorts,
  newTestName,
  startFakeAws,
  type TestVhost,
  until,
} from '@waybill/platform/testing'
import { type BalancedInstance, type LoadBalancer, startLoadBalancer } from './load-balancer.ts'
import { newHome, type RunningServer, runServer } from './running-server.ts'

/**
 * embedded: one process; processes: one for each service, talking to each other directly; sns: the same on SNS and SQS instead
 * of RabbitMQ; balanced: two of each behind HAProxy.
 */
export type Topology = 'embedded' | OnEngines
type OnEngines = 'processes' | 'sns' | 'balanced'

export interface DeployOptions {
  /** Settings of every process. */
  env?: Record<string, string>
  topology?: Topology
  /** How many instances of each service there are behind the load balancer. */
  instances?: number
}

export interface Instance {
  readonly name: string
  readonly services: readonly ServiceName[]
  /** Where it answers itself, past every load balancer. */
  readonly url: string
  /** The process of now; another one after each start. */
  server(): RunningServer
  /** Answers when it serves, and the load balancer knows it. */
  start(): Promise<void>
  kill(): Promise<void>
  /** SIGTERM; throws where the process does not end with 0. */
  stop(): Promise<void>
}

export interface Deployment {
  readonly topology: Topology
  /** What clients call. */
  readonly url: string
  /** An address at which each service answers, once each: what the services know of each other. */
  readonly serviceUrls: string[]
  readonly instances: Instance[]
  /** The LOCAL cloud lies under it. */
  readonly home: string
  /** SIGKILL to every process of ours. */
  kill(): Promise<void>
  /** Starts every process anew, after a kill. */
  start(): Promise<void>
  /** Stops every process in good order, and removes files, databases and virtual host. */
  stop(): Promise<void>
  /** Kills what still runs and removes the rest, for the end of a test that may have failed; nothing after `stop`. */
  remove(): Promise<void>
}

/** The topology that this run of the tests is about. */
export const chosenTopology = (process.env.TEST_TOPOLOGY ?? 'embedded') as Topology

export async function deploy(options: DeployOptions = {}): Promise<Deployment> {
  const topology = options.topology ?? chosenTopology
  return topology === 'embedded' ? deployEmbedded(options) : deployOnEngines(topology, options)
}

async function deployEmbedded({ env }: DeployOptions): Promise<Deployment> {
  const { home, remove } = await newHome()
  const instance = new RunningInstance('waybill', serviceNames, home, { ...env, PORT: String(await freePort()) })
  await instance.start()
  return {
    topology: 'embedded',
    url: instance.url,
    serviceUrls: [instance.url],
    instances: [instance],
    home,
    kill: () => instance.kill(),
    start: () => instance.start(),
    async stop() {
      await instance.stop()
      await remove()
    },
    async remove() {
      await instance.kill()
      await remove()
    },
  }
}

async function deployOnEngines(topology: OnEngines, options: DeployOptions): Promise<Deployment> {
  /** What there is to be undone, in the order of its making. */
  const made: (() => Promise<void>)[] = []
  const undo = async () => {
    for (const step of made.splice(0).reverse()) await step()
  }
  try {
    const { home, remove } = await newHome()
    made.push(remove)
    const engines = topology === 'sns' ? await createEnginesOnAws() : await createEngines()
    made.push(engines.drop)
    const places = await findPlaces(topology === 'balanced' ? (options.instances ?? 2) : 1)
    // One process for each service needs nobody in front of it; the clients of the tests do, for they know one address only.
    const balancer = await startLoadBalancer(places)
    made.push(balancer.stop)
    const urlOf = (service: ServiceName) =>
      topology === 'balanced' ? balancer.serviceUrls[service] : `http://${places[service][0]!.address}`
    const env = { ...sharedSettings(urlOf), ...engines.settings, ...options.env }
    const instances = serviceNames.flatMap(service =>
      places[service].map(({ name, address }) => {
        const own = { WAYBILL_SERVICES: service, PORT: new URL(`http://${address}`).port }
        return new RunningInstance(name, [service], home, { ...env, ...own }, balancer)
      }),
    )
    const every = (act: (instance: Instance) => Promise<void>) => async () => {
      await Promise.all(instances.map(act))
    }
    const kill = every(instance => instance.kill())
    made.push(kill)
    const start = every(instance => instance.start())
    await start()
    return {
      ...{ topology, home, instances, kill, start },
      url: balancer.url,
      serviceUrls: serviceNames.map(urlOf),
      async stop() {
        try {
          await Promise.all(instances.map(instance => instance.stop()))
        } finally {
          await undo()
        }
      },
      remove: undo,
    }
  } catch (error) {
    await undo()
    throw error
  }
}

function sharedSettings(urlOf: (service: ServiceName) => string): Record<string, string> {
  return {
    WAYBILL_SECRET_KEY: randomBytes(32).toString('base64'),
    USER_SERVICE_URL: urlOf('user'),
    ORDER_SERVICE_URL: urlOf('order'),
    PAYMENT_SERVICE_URL: urlOf('payment'),
    DATA_SERVICE_URL: urlOf('data'),
    TRUST_PROXY: '1',
    DRAIN_TIME: '2s',
    // Many processes share one MySQL here, whose connections are counted.
    DATABASE_POOL_SIZE: '4',
  }
}

interface Engines {
  settings: Record<string, string>
  drop(): Promise<void>
}

/** Databases with a user each, as an operator makes them, and a virtual host; answers the settings that name them. */
export async function createEngines(): Promise<Engines> {
  const name = newTestName()
  const databases = await makeDatabases(`${name}_`)
  const vhost: TestVhost = await createTestVhost()
  return {
    settings: { ...databases, BROKER_URL: vhost.url },
    drop: async () => {
      await dropTestDatabases(name)
      await vhost.drop()
    },
  }
}

/** The same with SNS and SQS of an emulator. */
async function createEnginesOnAws(): Promise<Engines> {
  const name = newTestName()
  const databases = await makeDatabases(`${name}_`)
  const aws = await startFakeAws()
  return {
    settings: { ...databases, ...aws.settings(name) },
    drop: async () => {
      await dropTestDatabases(name)
      await aws.stop()
    },
  }
}

const enginesScript = fileURLToPath(new URL('../../scripts/engines', import.meta.url))

/** Runs what `npm run databases` runs; answers the settings that it prints. Dropped by `dropTestDatabases`. */
export async function makeDatabases(prefix: string): Promise<Record<string, string>> {
  const { stdout } = await promisify(execFile)(enginesScript, ['--databases', '--prefix', prefix], {
    env: { ...process.env, MYSQL_ADMIN_URL: engineUrls().mysql },
  })
  const settings = stdout.matchAll(/^(\w+_DATABASE_URL)=(.+)$/gm)
  return Object.fromEntries([...settings].map(([, setting, url]) => [setting!, url!]))
}

async function findPlaces(copies: number): Promise<Record<ServiceName, BalancedInstance[]>> {
  const ports = await freePorts(copies * serviceNames.length)
  return Object.fromEntries(
    serviceNames.map(service => [
      service,
      Array.from({ length: copies }, (_, at) => ({
        name: `${service}-${at + 1}`,
        address: `127.0.0.1:${ports.pop()}`,
      })),
    ]),
  ) as Record<ServiceName, BalancedInstance[]>
}

class RunningInstance implements Instance {
  readonly name: string
  readonly services: readonly ServiceName[]
  readonly url: string
  readonly #home: string
  readonly #env: Record<string, string>
  readonly #balancer: LoadBalancer | undefined
  #server: RunningServer | undefined

  constructor(
    name: string,
    services: readonly ServiceName[],
    home: string,
    env: Record<string, string>,
    balancer?: LoadBalancer,
  ) {
    this.name = name
    this.services = services
    this.url = `http://127.0.0.1:${env.PORT}`
    this.#home = home
    this.#env = env
    this.#balancer = balancer
  }

  server(): RunningServer {
    if (!this.#server) throw new Error(`${this.name} does not run`)
    return this.#server
  }

  async start(): Promise<void> {
    this.#server = await runServer(this.#home, this.#env)
    if (this.#balancer) await this.#balancer.untilUp(this.name)
    else
      await until(
        async () => (await call(this.url, 'GET /healthz')).status,
        status => status === 200,
      )
  }

  async kill(): Promise<void> {
    await this.#server?.kill()
  }

  async stop(): Promise<void> {
    const { code } = await this.server().stop()
    if (code !== 0) throw new Error(`${this.name} ended with ${code}: ${this.server().output().err}`)
  }
}
