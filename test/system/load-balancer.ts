// HAProxy as deployment/haproxy/haproxy.cfg sets it up, in front of processes of a test.
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type ServiceName, serviceNames } from '@waybill/contracts'
import { freePorts, until } from '@waybill/platform/testing'
import { spawnBound } from './bound-process.ts'

export interface BalancedInstance {
  /** Its name in the configuration: `order-1`. */
  readonly name: string
  /** host:port */
  readonly address: string
}

export interface LoadBalancer {
  /** All paths of all services. */
  readonly url: string
  /** All paths of one service. */
  readonly serviceUrls: Record<ServiceName, string>
  /** Resolves when the load balancer sends requests to it. */
  untilUp(name: string): Promise<void>
  stop(): Promise<void>
}

const configuration = fileURLToPath(new URL('../../deployment/haproxy/haproxy.cfg', import.meta.url))
const upWithinSeconds = 20

export async function startLoadBalancer(
  instances: Record<ServiceName, readonly BalancedInstance[]>,
): Promise<LoadBalancer> {
  const [all, status, ...own] = await freePorts(2 + serviceNames.length)
  const env: Record<string, string> = { PUBLIC_BIND: `127.0.0.1:${all}`, STATUS_BIND: `127.0.0.1:${status}` }
  for (const [at, service] of serviceNames.entries()) {
    env[`${service.toUpperCase()}_BIND`] = `127.0.0.1:${own[at]}`
    for (const [number, { address }] of instances[service].entries())
      env[`${service.toUpperCase()}_${number + 1}`] = address
  }
  const child = spawnBound('haproxy', ['-db', '-f', configuration], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = endOf(child)
  const statusUrl = `http://127.0.0.1:${status}/stats;csv`
  await Promise.race([until(() => answers(statusUrl), Boolean), ended])
  return {
    url: `http://127.0.0.1:${all}`,
    serviceUrls: Object.fromEntries(
      serviceNames.map((service, at) => [service, `http://127.0.0.1:${own[at]}`]),
    ) as Record<ServiceName, string>,
    async untilUp(name) {
      await until(
        async () => stateOf(name, await (await fetch(statusUrl)).text()),
        state => state === 'UP',
        upWithinSeconds,
      )
    },
    async stop() {
      child.kill('SIGTERM')
      await ended.catch(() => {})
    },
  }
}

/** Rejects when HAProxy ends, with what it said. */
function endOf(child: ChildProcess): Promise<never> {
  let said = ''
  child.stderr!.setEncoding('utf8').on('data', chunk => {
    said += chunk
  })
  const ended = new Promise<never>((_, reject) => {
    child.once('error', error =>
      reject(new Error(`haproxy does not run (npm run engines installs it): ${error.message}`)),
    )
    child.once('exit', code => reject(new Error(`haproxy ended with ${code}: ${said}`)))
  })
  // Whoever waits for it is told; nobody has to.
  ended.catch(() => {})
  return ended
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    response => response.ok,
    () => false,
  )
}

/** The columns of HAProxy's CSV (management guide 9.1): name of the proxy, name of the server, … status. */
function stateOf(server: string, csv: string): string | undefined {
  const [head, ...rows] = csv.split('\n').map(line => line.split(','))
  const row = rows.find(cells => cells[1] === server)
  return row?.[head!.indexOf('status')]
}
