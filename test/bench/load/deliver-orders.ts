// Keeps so many orders under way. One connection asks for all that still run, again and again: a page of them costs the
// server about as much as two reads of one process, and serves several orders; held answers or streams are for one each.
import { setTimeout as pause } from 'node:timers/promises'
import { Connection, requestBytes } from './connection.ts'
import { runLanes } from './lanes.ts'
import { orderRequest, placeOrder, unexpected } from './place-orders.ts'
import type { Gathered, Target, Workload } from './workload.ts'

const askEveryMilliseconds = 10
/** The largest page of the list that tells what still runs. */
const underWayAtMost = 100

export async function deliverOrders(
  { target, body, ...bounds }: Extract<Workload, { kind: 'deliver-orders' }>,
  gathered: Gathered,
  signal: AbortSignal,
): Promise<void> {
  if (bounds.atOnce > underWayAtMost) throw new Error(`at most ${underWayAtMost} orders can be watched at once`)
  const request = orderRequest(target, body)
  const watch = new UnderWay(target)
  const lanes = runLanes({ ...bounds, port: target.port, signal, begin: gathered.begin }, async connection => {
    const sentAt = performance.now()
    const placed = await placeOrder(connection, request)
    gathered.placed.push(placed)
    await watch.untilFinal(placed.processId)
    gathered.latencies.push(performance.now() - sentAt)
  }).finally(() => watch.stop())
  await Promise.all([lanes, watch.run()])
}

/** The processes that were not final when last asked. */
class UnderWay {
  readonly #connection: Connection
  readonly #request: Buffer
  readonly #waiting = new Map<string, { resolve: () => void; reject: (error: unknown) => void }>()
  #stopped = false

  constructor(target: Target) {
    this.#connection = new Connection(target.port)
    this.#request = requestBytes({
      verb: 'GET',
      path: `/processes?status=0&limit=${underWayAtMost}`,
      token: target.token,
    })
  }

  untilFinal(processId: string): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.set(processId, { resolve, reject }))
  }

  stop(): void {
    this.#stopped = true
  }

  async run(): Promise<void> {
    try {
      while (!this.#stopped) {
        await pause(askEveryMilliseconds)
        if (this.#waiting.size > 0) await this.#ask()
      }
    } catch (error) {
      for (const { reject } of this.#waiting.values()) reject(error)
      throw error
    } finally {
      this.#connection.close()
    }
  }

  async #ask(): Promise<void> {
    // Only of those that were accepted before the question can the answer tell anything.
    const asked = [...this.#waiting.keys()]
    const reply = await this.#connection.exchange(this.#request)
    if (reply.status !== 200) throw unexpected('GET /processes', reply)
    const { data } = JSON.parse(reply.body.toString()) as { data: { process_id: string }[] }
    const running = new Set(data.map(({ process_id }) => process_id))
    for (const id of asked) {
      if (running.has(id)) continue
      this.#waiting.get(id)?.resolve()
      this.#waiting.delete(id)
    }
  }
}
