// Makes things go wrong, as planned, and right again.
import { setTimeout as pause } from 'node:timers/promises'
import type { TcpProxy } from '@waybill/platform/testing'
import { readOrders } from './books.ts'
import type { Code } from './code.ts'
import type { Installation } from './installation.ts'
import type { Journal } from './journal.ts'
import { startMessageInterposer } from './message-interposer.ts'
import type { Fault } from './plan.ts'
import { orderPassing } from './planned-order.ts'
import type { Recoveries } from './recovery.ts'
import { type OrderFacts, type Position, positions } from './saga-positions.ts'
import { seededRandom } from './seeded-random.ts'
import type { Shop } from './shop.ts'
import type { WaybillProcess } from './waybill-process.ts'

export interface FaultNeeds {
  seed: number
  installation: Installation
  shop: Shop
  recoveries: Recoveries
  journal: Journal
  codes: { this: Code; next?: Code; previous?: Code }
  /** How often everybody who had the next move was killed while an order stood there, by the name of the position. */
  coverage: Map<string, number>
}

/** How long an order is waited for to come to a position, and how often it is tried again where it had moved on when the process died. */
const huntFor = 6_000
const huntTries = 3
const moreOrdersEvery = 250
const ordersLookedAt = 150
/** Engines reach the hunted only every so many milliseconds, so that a position that is left within one can be seen. */
const slowedTo = 20
const cutEvery = 300

export class Faults {
  readonly #needs: FaultNeeds
  #interposers = 0

  constructor(needs: FaultNeeds) {
    this.#needs = needs
  }

  /** Resolves when it is over. `alone`: nothing else goes wrong, so how soon work goes on can be measured. */
  async happen(fault: Fault, alone: boolean): Promise<void> {
    switch (fault.kind) {
      case 'kill':
        return this.#kill(this.#named(fault.instances), fault.downFor, alone)
      case 'step':
        return this.#killAtStep(positions.find(({ name }) => name === fault.position)!, fault.downFor, alone)
      case 'stall':
        return this.#stall(this.#named([fault.instance])[0]!, fault.lasts)
      case 'broker': {
        const broker = this.#needs.installation.broker!
        await (fault.how === 'stop' ? broker.stop() : broker.kill())
        await pause(fault.lasts * 1_000)
        return broker.start()
      }
      case 'database': {
        const database = this.#needs.installation.database!
        await database.kill()
        await pause(fault.lasts * 1_000)
        return database.start()
      }
      case 'connections':
        return this.#breakConnections(fault)
      case 'messages': {
        const random = seededRandom(this.#needs.seed, `messages ${this.#interposers++}`)
        const { duplicated, delayedAtMost } = fault
        const url = this.#needs.installation.brokerUrl!
        const interposer = await startMessageInterposer(url, { duplicated, delayedAtMost, random })
        await pause(fault.lasts * 1_000)
        const { passed, twice } = await interposer.stop()
        return this.#needs.journal.note(`${passed} messages were held up, ${twice} of them came twice`)
      }
      case 'clock': {
        const [process] = this.#named([fault.instance])
        process!.setClock(fault.by)
        await pause(fault.lasts * 1_000)
        return process!.setClock(0)
      }
      case 'disk': {
        const { disk } = this.#needs.installation
        await disk!.fill()
        for (const way of ['approved', 'large', 'approved'] as const) this.#placeOne(way)
        await pause(fault.lasts * 1_000)
        return disk!.empty()
      }
      case 'version':
        return this.#changeVersion(fault)
    }
  }

  #named(names: string[]): WaybillProcess[] {
    return this.#needs.installation.processes.filter(({ name }) => names.includes(name))
  }

  async #kill(processes: WaybillProcess[], downFor: number, alone: boolean): Promise<void> {
    await Promise.all(processes.map(process => process.kill()))
    await this.#countPositions(processes)
    await pause(downFor * 1_000)
    await Promise.all(processes.map(process => process.start()))
    if (alone) await this.#needs.recoveries.measure(`the start of ${processes.map(({ name }) => name).join(', ')}`)
  }

  /** Waits until an order stands there, and kills everybody who could move it on at that instant. */
  async #killAtStep(position: Position, downFor: number, alone: boolean): Promise<void> {
    const { installation, journal } = this.#needs
    const owners = installation.processes.filter(({ services }) => services.includes(position.owner))
    const doors = owners.flatMap(({ name }) => Object.values(installation.doors.get(name) ?? {}) as TcpProxy[])
    for (let tries = 1; tries <= huntTries; tries++) {
      const atFullSpeed = slowDown(doors)
      const wasSeen = await this.#seen(position)
      const gone = Promise.all(owners.map(process => process.kill()))
      atFullSpeed()
      await gone
      const hits = await this.#countPositions(owners)
      await pause(downFor * 1_000)
      await Promise.all(owners.map(process => process.start()))
      if (alone) {
        await this.#needs.recoveries.measure(
          `the start of ${owners.map(({ name }) => name).join(', ')}, killed at "${position.name}"`,
        )
      }
      if (hits.has(position.name)) return
      journal.note(`"${position.name}" was ${wasSeen ? 'left again when they died' : 'not seen'}, try ${tries}`)
    }
  }

  async #seen(position: Position): Promise<boolean> {
    const until = performance.now() + huntFor
    let moreAt = 0
    while (performance.now() < until) {
      if (performance.now() >= moreAt) {
        this.#placeOne(position.passedBy)
        this.#placeOne(position.passedBy)
        moreAt = performance.now() + moreOrdersEvery
      }
      if ((await this.#latestOrders()).some(order => position.holds(order))) return true
      // A turn of the event loop for everybody else.
      await pause(0)
    }
    return false
  }

  #placeOne(way: Position['passedBy']): void {
    const { shop, seed } = this.#needs
    shop.place(orderPassing(way, seed, shop.nextNumber()))
  }

  async #latestOrders(): Promise<OrderFacts[]> {
    const { books } = this.#needs.installation
    const latest = await books.query('order', `select id from orders order by id desc limit ${ordersLookedAt}`)
    return readOrders(
      books,
      latest.map(({ id }) => String(id)),
    )
  }

  /** Which steps were cut short: only those count that nobody was left to go on with. */
  async #countPositions(killed: WaybillProcess[]): Promise<Set<string>> {
    const { installation, coverage } = this.#needs
    const orphaned = new Set(killed.flatMap(({ services }) => services))
    for (const { services, isRunning } of installation.processes) {
      if (isRunning) for (const service of services) orphaned.delete(service)
    }
    const orders = await this.#latestOrders()
    const hits = positions
      .filter(({ owner, holds }) => orphaned.has(owner) && orders.some(holds))
      .map(({ name }) => name)
    for (const name of hits) coverage.set(name, (coverage.get(name) ?? 0) + 1)
    return new Set(hits)
  }

  async #stall(process: WaybillProcess, seconds: number): Promise<void> {
    process.pause()
    try {
      await pause(seconds * 1_000)
    } finally {
      process.resume()
    }
  }

  async #breakConnections({ to, instances, how, lasts }: Extract<Fault, { kind: 'connections' }>): Promise<void> {
    const doors = instances.map(name => this.#needs.installation.doors.get(name)![to])
    if (how === 'refuse') {
      await Promise.all(doors.map(door => door.refuse()))
      await pause(lasts * 1_000)
      await Promise.all(doors.map(door => door.accept()))
      return
    }
    if (how === 'hang') {
      for (const door of doors) door.hold()
      await pause(lasts * 1_000)
      for (const door of doors) door.release()
      return
    }
    const until = performance.now() + lasts * 1_000
    while (performance.now() < until) {
      for (const door of doors) door.cut()
      await pause(cutEvery)
    }
  }

  async #changeVersion({ instance, to, lasts, ends }: Extract<Fault, { kind: 'version' }>): Promise<void> {
    const [process] = this.#named([instance])
    const { codes } = this.#needs
    for (const code of [codes[to]!, codes.this]) {
      await (ends === 'kill' ? process!.kill() : process!.stop())
      process!.code = code
      await process!.start()
      await pause(lasts * 1_000)
    }
  }
}

/** Lets bytes through in short gusts; answers what ends it. */
function slowDown(doors: TcpProxy[]): () => void {
  const hold = () => {
    for (const door of doors) door.hold()
  }
  const release = () => {
    for (const door of doors) door.release()
  }
  hold()
  const gusts = setInterval(() => {
    release()
    setImmediate(hold)
  }, slowedTo)
  return () => {
    clearInterval(gusts)
    setImmediate(release)
  }
}
