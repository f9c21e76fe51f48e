// The smallest service that has something of everything that Lambda must carry: requests, files, streams, messages, due work.
import { Readable } from 'node:stream'
import { contract } from '@waybill/contracts'
import type { Timer, TimersTable } from '@waybill/platform/db'
import { type Answer, document, eventStream, ok, routesOf } from '@waybill/platform/http'
import { type CreateService, openStore } from '@waybill/platform/service'
import Joi from 'joi'

export interface Mirror {
  /** What was done, in its order. */
  readonly done: string[]
  /** What due work does besides being noted. */
  ring(subject: string, timer: Timer, stopping: AbortSignal): Promise<void>
}

const any = { 200: { description: 'whatever', data: Joi.any() } }
const anything = Joi.object().unknown()
const plain = (name: string) =>
  contract<object, object, object>({ name, summary: '', query: anything, answers: any, errors: [] })

/** Handles `order.created` by work that is due at once and tells of an order confirmed; an amount of 13 is refused. */
export function mirrorService(mirror: Mirror): CreateService {
  return async host => {
    const store = await openStore<TimersTable>(
      host,
      'order',
      new URL('../../../packages/platform/test/echo-migrations/', import.meta.url),
    )
    const { consumer, timers, outbox, database } = store
    const { clock } = host
    timers.handle(
      'ring',
      async (timer, stopping) => {
        mirror.done.push(timer.subject)
        await mirror.ring(timer.subject, timer, stopping)
        await database.transaction(async tx => {
          await timer.complete(tx)
          await outbox.add(tx, 'order.delivered', timer.subject, { order_id: timer.subject } as never)
        })
      },
      { concurrency: 4 },
    )
    consumer.subscribe(host.broker, {
      'order.created': async (tx, { subject, data }) => {
        if (data.amount === 13) throw new Error('unlucky')
        await timers.schedule(tx, 'ring', subject, clock.now())
      },
    })
    const route = routesOf('order')
    return {
      name: 'order',
      store: store as never,
      routes: [
        route({
          verb: 'post',
          path: '/mirror',
          access: 'public',
          contract: contract<object, object, object>({
            ...{ name: 'mirror', summary: '', query: anything, body: anything, answers: any, errors: [] },
          }),
          controller: ({ body, query, headers }) => ok({ body, query, headers }),
        }),
        route({
          verb: 'get',
          path: '/file/:bytes',
          access: 'public',
          contract: contract<{ bytes: string }, object, object>({
            ...{ name: 'file', summary: '', params: Joi.object({ bytes: Joi.string() }), answers: any, errors: [] },
          }),
          controller: ({ params }) => fileOf(Number(params.bytes)),
        }),
        route({
          verb: 'get',
          path: '/binary',
          access: 'public',
          contract: plain('binary'),
          controller: () => document('application/octet-stream', Buffer.from([0, 255, 254, 128])),
        }),
        route({
          verb: 'get',
          path: '/ticks',
          access: 'public',
          contract: plain('ticks'),
          controller: ({ signal }) => eventStream(ticks(signal)),
        }),
        route({
          verb: 'get',
          path: '/silence',
          access: 'public',
          contract: plain('silence'),
          controller: async ({ signal }) => {
            await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
            return ok('nobody hears it')
          },
        }),
        route({
          verb: 'post',
          path: '/ring',
          access: 'public',
          contract: plain('ring'),
          controller: async () => {
            await database.transaction(tx => timers.schedule(tx, 'ring', 'by request', clock.now()))
            return ok('rung')
          },
        }),
      ],
    }
  }
}

function fileOf(bytes: number): Answer {
  const open = async () => Readable.from([Buffer.alloc(bytes, 'a')])
  return { kind: 'file', status: 200, type: 'text/csv', length: bytes, open, headers: { 'Accept-Ranges': 'bytes' } }
}

/** One event at once, then nothing until the client goes. */
async function* ticks(signal: AbortSignal) {
  yield { event: 'tick', data: '1' }
  await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
}
