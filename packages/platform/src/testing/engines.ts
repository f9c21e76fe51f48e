// The engines past SQLite that tests run on where they answer: MySQL (or MariaDB) and RabbitMQ, each test in a corner of its own.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type ServiceName, serviceNames } from '@waybill/contracts'
import { connect } from 'amqplib'
import mysql, { type Connection } from 'mysql2/promise'

export interface EngineUrls {
  /** A MySQL user that may make and drop databases and users. */
  readonly mysql: string
  /** A RabbitMQ user; the virtual host that it names is left alone. */
  readonly amqp: string
}

/** Where the engines are: TEST_MYSQL_URL and TEST_AMQP_URL, else what `npm run engines` set up, else the defaults of a fresh install. */
export function engineUrls(): EngineUrls {
  const { TEST_MYSQL_URL, TEST_AMQP_URL } = process.env
  return {
    mysql: TEST_MYSQL_URL ?? keptMysqlUrl() ?? 'mysql://root@127.0.0.1:3306',
    amqp: TEST_AMQP_URL ?? 'amqp://guest:guest@127.0.0.1:5672',
  }
}

/** `npm run engines` keeps the test user that it had to make outside of the checkout, for all checkouts of this person. */
function keptMysqlUrl(): string | undefined {
  const file = join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'waybill', 'test-mysql-url')
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
}

/** A line for each engine that does not answer; none when both do. */
export async function findMissingEngines(): Promise<string[]> {
  const urls = engineUrls()
  const asked = await Promise.all([
    whatIsWrong('MySQL', urls.mysql, async () => (await openAdmin()).end()),
    whatIsWrong('RabbitMQ', urls.amqp, async () => (await connect(urls.amqp, { timeout: 3_000 })).close()),
  ])
  return asked.filter(line => line !== undefined)
}

async function whatIsWrong(engine: string, url: string, ask: () => Promise<void>): Promise<string | undefined> {
  try {
    await ask()
    return undefined
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return `${engine} does not answer at ${new URL(url).host}: ${message || code}`
  }
}

function openAdmin(): Promise<Connection> {
  return mysql.createConnection({ uri: engineUrls().mysql, connectTimeout: 3_000 })
}

/** Where the databases of tests begin their names; the time of their making follows, so that leftovers are known. */
export const testPrefix = 'waybill_test_'
const leftoverAfterMilliseconds = 3_600_000

/** Six digits to the base of 36, of the seconds since 1970. */
const timeDigits = 6

/**
 * A name of its own for one test: nobody else has it, and its age can be read from it. 23 characters: with a service's name
 * behind it, it still is a user name that MySQL takes (32).
 */
export function newTestName(): string {
  return `${testPrefix}${Math.floor(Date.now() / 1_000).toString(36)}${randomBytes(2).toString('hex')}`
}

function ageOf(name: string, now: number): number {
  return now - Number.parseInt(name.slice(testPrefix.length, testPrefix.length + timeDigits), 36) * 1_000
}

/** An empty database for each service; answers their URLs. Dropped by `dropTestDatabases(name)`. */
export async function createTestDatabases(name: string): Promise<Record<ServiceName, string>> {
  const admin = await openAdmin()
  for (const service of serviceNames)
    await admin.query(`create database ${name}_${service} character set utf8mb4 collate utf8mb4_bin`)
  await admin.end()
  const urlOf = (service: ServiceName) => new URL(`/${name}_${service}`, engineUrls().mysql).href
  return Object.fromEntries(serviceNames.map(service => [service, urlOf(service)])) as Record<ServiceName, string>
}

/** Drops the databases whose names begin so, and their users. */
export async function dropTestDatabases(name: string): Promise<void> {
  const admin = await openAdmin()
  for (const found of await namesLike(admin, `${name}%`)) await admin.query(found.drop)
  await admin.end()
}

/** Drops what test runs have left behind that were killed more than an hour ago. */
export async function dropLeftovers(now: number): Promise<void> {
  const isLeft = (name: string) => ageOf(name, now) > leftoverAfterMilliseconds
  const admin = await openAdmin()
  for (const { name, drop } of await namesLike(admin, `${testPrefix}%`)) if (isLeft(name)) await admin.query(drop)
  await admin.end()
  const vhosts = (await rabbitmqctl('list_vhosts', 'name')).split('\n')
  for (const name of vhosts) if (name.startsWith(testPrefix) && isLeft(name)) await rabbitmqctl('delete_vhost', name)
}

async function namesLike(admin: Connection, pattern: string): Promise<{ name: string; drop: string }[]> {
  const like = pattern.replaceAll('_', '\\_')
  const [databases] = await admin.query<mysql.RowDataPacket[]>(
    'select schema_name as name from information_schema.schemata where schema_name like ?',
    [like],
  )
  const [users] = await admin.query<mysql.RowDataPacket[]>(
    'select user as name, host from mysql.user where user like ?',
    [like],
  )
  return [
    ...databases.map(({ name }) => ({ name, drop: `drop database if exists \`${name}\`` })),
    ...users.map(({ name, host }) => ({ name, drop: `drop user if exists '${name}'@'${host}'` })),
  ]
}

export interface TestVhost {
  readonly url: string
  drop(): Promise<void>
}

const run = promisify(execFile)

/** A virtual host that nobody else uses. RABBITMQCTL says how to run rabbitmqctl where it is not on the path. */
export async function createTestVhost(): Promise<TestVhost> {
  const { amqp } = engineUrls()
  const name = newTestName()
  await rabbitmqctl('add_vhost', name)
  await rabbitmqctl('set_permissions', '--vhost', name, decodeURIComponent(new URL(amqp).username), '.*', '.*', '.*')
  return {
    url: new URL(`/${name}`, amqp).href,
    drop: async () => {
      await rabbitmqctl('delete_vhost', name)
    },
  }
}

async function rabbitmqctl(...options: string[]): Promise<string> {
  const [program, ...before] = (process.env.RABBITMQCTL ?? 'rabbitmqctl').split(' ') as [string, ...string[]]
  return (await run(program, [...before, '--silent', ...options])).stdout
}
