// A RabbitMQ node of the suite's own: its own name, ports, cookie, files and name server.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connect } from 'amqplib'
import type { Engine } from './installation.ts'
import { privateEngine } from './private-engine.ts'

const run = promisify(execFile)

export interface PrivateRabbitmq extends Engine {
  readonly url: string
  /** Ends its name server too. */
  remove(): Promise<void>
}

/** Debian's own commands change the user, and lose what the environment says; these do not. */
const programs = '/usr/lib/rabbitmq/bin'
export const rabbitmqIsInstalled = () => existsSync(join(programs, 'rabbitmq-server'))

export async function createPrivateRabbitmq(
  folder: string,
  ports: { amqp: number; distribution: number; names: number },
): Promise<PrivateRabbitmq> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'enabled_plugins'), '[].\n')
  // A full disk of this machine is not what is tried here.
  writeFileSync(join(folder, 'rabbitmq.conf'), 'disk_free_limit.absolute = 50MB\nloopback_users = none\n')
  const environment: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: folder,
    LANG: 'C.UTF-8',
    ERL_EPMD_PORT: String(ports.names),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: 'chaos@localhost',
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(ports.amqp),
    RABBITMQ_DIST_PORT: String(ports.distribution),
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'no-such-file'),
    // Then no shell stands between us and the node: what kills the one kills the other.
    RUNNING_UNDER_SYSTEMD: 'true',
  }
  // Started by the node itself, it would be nobody's child and outlive us.
  const names = privateEngine({
    name: 'epmd',
    command: 'epmd',
    options: ['-address', '127.0.0.1', '-port', String(ports.names)],
    environment,
    logFile: join(folder, 'epmd.log'),
    ask: async () => {
      await run('epmd', ['-port', String(ports.names), '-names'], { env: environment })
    },
  })
  await names.start()
  const url = `amqp://guest:guest@127.0.0.1:${ports.amqp}`
  const engine = privateEngine({
    name: 'RabbitMQ',
    command: join(programs, 'rabbitmq-server'),
    options: [],
    environment,
    logFile: join(folder, 'rabbitmq.log'),
    ask: async () => (await connect(url, { timeout: 2_000 })).close(),
  })
  return {
    ...engine,
    url,
    async remove() {
      await engine.stop()
      await names.stop()
    },
  }
}
