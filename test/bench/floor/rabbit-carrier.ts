// amqplib and a quorum queue under the floors of the engines: persistent messages, confirmed, then out of the outbox.
import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib'
import type { Carrier } from './carrier.ts'
import type { FloorStore } from './floor-store.ts'
import { type FloorEvent, readEvent } from './order-rows.ts'

const exchange = 'floor.events'
const prefetch = 200
/** Confirmed events leave the outbox together, so often. */
const forgetMilliseconds = 20
const forgetAtMost = 500
/** Those that a later step waits for; nobody hears that the money was captured, as with ours. */
const heard = ['order.created', 'payment.authorized', 'order.confirmed', 'export.finished', 'order.delivered']

export async function carryByRabbit(url: string, queue: string, store: FloorStore): Promise<Carrier> {
  const connection = await connect(url, { noDelay: true })
  const publishing = await connection.createConfirmChannel()
  await publishing.assertExchange(exchange, 'topic', { durable: true })
  await publishing.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } })
  for (const type of heard) await publishing.bindQueue(queue, exchange, type)
  const forget = forgetConfirmed(store)
  return {
    publish: event => publish(publishing, event, forget),
    consume: handle => consume(connection, queue, handle),
  }
}

function publish(channel: ConfirmChannel, event: FloorEvent, confirmed: (id: string) => void): void {
  const options = {
    persistent: true,
    messageId: event.id,
    type: event.type,
    contentType: 'application/cloudevents+json',
  }
  channel.publish(exchange, event.type, Buffer.from(event.message), options, error => {
    if (error) throw error
    confirmed(event.id)
  })
}

function forgetConfirmed(store: FloorStore): (id: string) => void {
  let confirmed: string[] = []
  let waiting = false
  const forget = async () => {
    waiting = false
    const ids = confirmed
    confirmed = []
    for (let at = 0; at < ids.length; at += forgetAtMost) {
      const some = ids.slice(at, at + forgetAtMost)
      await store.change(`delete from outbox where id in (${some.map(() => '?')})`, some)
    }
  }
  return id => {
    confirmed.push(id)
    if (waiting) return
    waiting = true
    setTimeout(() => void forget(), forgetMilliseconds)
  }
}

async function consume(
  connection: ChannelModel,
  queue: string,
  handle: (event: FloorEvent) => Promise<void>,
): Promise<void> {
  const channel = await connection.createChannel()
  await channel.prefetch(prefetch)
  await channel.consume(queue, async received => {
    if (!received) return
    await handle(readEvent(received.content.toString()))
    channel.ack(received)
  })
}
