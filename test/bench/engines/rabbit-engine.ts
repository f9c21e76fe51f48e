// The RabbitMQ that the bench runs on: a vhost for each system, made fresh and deleted.
import { execFileSync } from 'node:child_process'
import { connect } from 'amqplib'

export interface RabbitEngine {
  readonly words: string
  readonly port: number
  /** Answers its URL. */
  createVhost(name: string): string
  vhostNames(prefix: string): string[]
  deleteVhost(name: string): void
}

const connectMilliseconds = 3_000

/** Throws where it does not answer, or where no vhost can be made: that takes rabbitmqctl and the rights to run it. */
export async function openRabbitEngine(url: string): Promise<RabbitEngine> {
  const connection = await connect(url, { timeout: connectMilliseconds })
  const { product, version } = connection.connection.serverProperties
  await connection.close()
  const { username, port } = new URL(url)
  const list = () => control('list_vhosts', '--quiet', '--no-table-headers').split('\n')
  list()
  return {
    words: `${product} ${version}, quorum queues, persistent messages, publisher confirms`,
    port: Number(port || 5672),
    createVhost(name) {
      control('add_vhost', name)
      control('set_permissions', '-p', name, decodeURIComponent(username) || 'guest', '.*', '.*', '.*')
      return new URL(`/${name}`, url).href
    },
    vhostNames: prefix => list().filter(name => name.startsWith(prefix)),
    deleteVhost: name => void control('delete_vhost', name),
  }
}

function control(...options: string[]): string {
  return execFileSync('rabbitmqctl', options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
