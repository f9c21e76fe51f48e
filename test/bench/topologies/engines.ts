// Past one machine, on one: MySQL and RabbitMQ, a process for each service or one for all of them.
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type ServiceName, serviceNames } from '@waybill/contracts'
import { freePort } from '@waybill/platform/testing'
import type { Engine } from '../costs.ts'
import { pidListeningOn } from '../engines/listening-process.ts'
import { type MysqlEngine, openMysqlEngine } from '../engines/mysql-engine.ts'
import { openRabbitEngine, type RabbitEngine } from '../engines/rabbit-engine.ts'
import { tableStatements } from '../floor/floor-tables.ts'
import { openMysqlStore } from '../floor/mysql-store.ts'
import { isRunning } from '../process-facts.ts'
import { RunningSystem } from '../running-system.ts'
import { startFloorProcess, startWaybillProcess } from '../started-process.ts'
import type { Topology } from './topology.ts'

const mysqlUrl = process.env.TEST_MYSQL_URL ?? 'mysql://root@127.0.0.1:3306'
const amqpUrl = process.env.TEST_AMQP_URL ?? 'amqp://guest:guest@127.0.0.1:5672'
const prefix = 'waybill_bench_'

/** What stands on the engines for one home: made at its first start, kept for the next. */
interface Place {
  databases: Record<ServiceName, string>
  /** By setting. */
  environment: Record<string, string>
  ports: Record<ServiceName, number>
}

interface FloorPlace {
  database: string
  urls: [database: string, broker: string]
}

/** Throws where an engine does not answer. */
export async function createOnEngines(name: 'engines' | 'together'): Promise<Topology> {
  const mysql = await openMysqlEngine(mysqlUrl)
  const rabbit = await openRabbitEngine(amqpUrl)
  await removeLeftovers(mysql, rabbit)
  const engines = findProcesses({ MySQL: mysql.port, RabbitMQ: rabbit.port })
  const secretKey = randomBytes(32).toString('base64')
  const places = new Map<string, Place>()
  const floorPlaces = new Map<string, FloorPlace>()
  let made = 0
  const ownPrefix = `${prefix}${process.pid}_`
  const newName = () => `${ownPrefix}${made++}`

  async function placeOf(home: string): Promise<Place> {
    const standing = places.get(home)
    if (standing) return standing
    const own = newName()
    const names = {} as Record<ServiceName, string>
    const ports = {} as Record<ServiceName, number>
    const environment: Record<string, string> = {
      WAYBILL_SECRET_KEY: secretKey,
      BROKER_URL: rabbit.createVhost(own),
    }
    for (const service of serviceNames) {
      names[service] = `${own}_${service}`
      environment[`${service.toUpperCase()}_DATABASE_URL`] = await mysql.createDatabase(names[service])
      ports[service] = await freePort()
      if (name === 'engines') environment[`${service.toUpperCase()}_SERVICE_URL`] = `http://127.0.0.1:${ports[service]}`
    }
    const place = { databases: names, environment, ports }
    places.set(home, place)
    return place
  }

  async function floorPlaceOf(home: string): Promise<FloorPlace> {
    const standing = floorPlaces.get(home)
    if (standing) return standing
    const database = newName()
    const url = await mysql.createDatabase(database)
    const connection = await mysql.connect(database)
    for (const statement of tableStatements()) await connection.query(statement)
    await connection.end()
    const place: FloorPlace = { database, urls: [url, rabbit.createVhost(database)] }
    floorPlaces.set(home, place)
    return place
  }

  async function drop(names: string[], vhost: string): Promise<void> {
    for (const database of names) await mysql.dropDatabase(database)
    rabbit.deleteVhost(vhost)
  }

  async function remove(home: string): Promise<void> {
    const place = places.get(home)
    if (place) await drop(Object.values(place.databases), vhostOf(place.environment.BROKER_URL!))
    places.delete(home)
    const floor = floorPlaces.get(home)
    if (floor) await drop([floor.database], vhostOf(floor.urls[1]))
    floorPlaces.delete(home)
    rmSync(home, { recursive: true, force: true })
  }

  return {
    name,
    isJudged: true,
    words: [
      name === 'engines'
        ? 'Engines: four processes, one for each service, on MySQL and RabbitMQ on the same machine.'
        : 'Together: one process that hosts all four services, on MySQL and RabbitMQ on the same machine.',
      `${mysql.words}; ${rabbit.words}.`,
    ],
    floorWords:
      'raw mysql2 (a pool of 10, prepared statements) and amqplib (confirms, a quorum queue); sharing: the orders that come while a commit is under way share the next one, in multi-row inserts',
    engines,
    async start(home, by = 'node') {
      const { environment, ports } = await placeOf(home)
      if (name === 'together') {
        return new RunningSystem({ waybill: await startWaybillProcess(home, by, environment) }, home)
      }
      const started = serviceNames.map(async service => {
        const own = { WAYBILL_SERVICES: service, PORT: String(ports[service]) }
        return [service, await startWaybillProcess(join(home, service), by, { ...environment, ...own })] as const
      })
      return new RunningSystem(Object.fromEntries(await Promise.all(started)), join(home, 'data'))
    },
    async startFloor(floor, home) {
      return startFloorProcess(floor, home, (await floorPlaceOf(home)).urls)
    },
    async openFloorStore(home) {
      return openMysqlStore((await floorPlaceOf(home)).urls[0])
    },
    async outboxRows(home) {
      const names = [...Object.values(places.get(home)?.databases ?? {}), floorPlaces.get(home)?.database]
      const tables = names.filter(known => known !== undefined).map(known => `${known}.outbox`)
      const counts = tables.map(table => `(select count(*) from ${table})`)
      const [row] = await mysql.run(`select ${counts.join(' + ')} as waiting`)
      return Number(row!.waiting)
    },
    async openSeedTarget(home) {
      const { databases } = await placeOf(home)
      const open = serviceNames.map(async name => [name, await mysql.connect(databases[name])] as const)
      const connections = new Map(await Promise.all(open))
      return {
        async run(service, sql) {
          await connections.get(service)!.query(sql)
        },
        hex: number => `lpad(lower(hex(${number})), 12, '0')`,
        async close() {
          for (const connection of connections.values()) await connection.end()
        },
      }
    },
    countStatements: () => mysql.counts(),
    remove,
    async close() {
      // By name, for a run that is ended early may have made some that no home knows yet.
      for (const database of await mysql.databaseNames(ownPrefix)) await mysql.dropDatabase(database)
      for (const vhost of rabbit.vhostNames(ownPrefix)) rabbit.deleteVhost(vhost)
      await mysql.close()
    },
  }
}

function vhostOf(url: string): string {
  return new URL(url).pathname.slice(1)
}

function findProcesses(ports: Record<string, number>): Engine[] {
  return Object.entries(ports).flatMap(([name, port]) => {
    const pid = pidListeningOn(port)
    return pid === undefined ? [] : [{ name, pid }]
  })
}

/** What a bench has left behind that could not clean up: its process is no longer there. */
async function removeLeftovers(mysql: MysqlEngine, rabbit: RabbitEngine): Promise<void> {
  const isLeft = (name: string) => !isRunning(Number.parseInt(name.slice(prefix.length), 10))
  for (const name of (await mysql.databaseNames(prefix)).filter(isLeft)) await mysql.dropDatabase(name)
  for (const name of rabbit.vhostNames(prefix).filter(isLeft)) rabbit.deleteVhost(name)
}
