// Acknowledgements are gathered; whatever the order in which messages are finished, each is acknowledged, and only those.
import { EventEmitter, once } from 'node:events'
import type { Channel, ConsumeMessage, Message } from 'amqplib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Acknowledgements } from '../src/bus/acknowledgements.ts'

/** Keeps what it handed out as RabbitMQ does, which takes "all up to" a tag that it does not hold for an error about all. */
class HandingOut extends EventEmitter {
  readonly held: number[]
  frames = 0

  constructor(messages: number) {
    super()
    this.held = Array.from({ length: messages }, (_, index) => index + 1)
  }

  ack({ fields: { deliveryTag } }: Message, allUpTo = false): void {
    this.frames += 1
    const at = this.held.indexOf(deliveryTag)
    if (at < 0) throw new Error(`PRECONDITION_FAILED - unknown delivery tag ${deliveryTag}`)
    this.held.splice(allUpTo ? 0 : at, allUpTo ? at + 1 : 1)
  }
}

const message = (deliveryTag: number) => ({ fields: { deliveryTag } }) as ConsumeMessage
const nextTurn = () => new Promise<void>(resolve => setImmediate(resolve))
const start = (messages: number) => {
  const channel = new HandingOut(messages)
  return { channel, acknowledgements: new Acknowledgements(channel as unknown as Channel) }
}

test('a thousand messages that are finished in one turn are acknowledged in one frame', async () => {
  const { channel, acknowledgements } = start(1_000)
  for (const tag of [...channel.held].reverse()) acknowledgements.add(message(tag))
  expect(channel.frames).toBe(0)
  await nextTurn()
  expect(channel).toMatchObject({ held: [], frames: 1 })
})

test('whatever is finished first, exactly the finished are acknowledged by the end of the turn', async () => {
  // A step is a message that is finished, by its place in the shuffled row, or the end of a turn.
  const rows = fc
    .integer({ min: 1, max: 40 })
    .chain(count =>
      fc.tuple(
        fc.shuffledSubarray(range(count), { minLength: 0 }),
        fc.constant(count),
        fc.infiniteStream(fc.boolean()),
      ),
    )
  await fc.assert(
    fc.asyncProperty(rows, async ([tags, count, turns]) => {
      const { channel, acknowledgements } = start(count)
      for (const tag of tags) {
        acknowledgements.add(message(tag))
        if (turns.next().value) await nextTurn()
      }
      await nextTurn()
      expect(channel.held).toEqual(range(count).filter(tag => !tags.includes(tag)))
    }),
  )
})

test('nothing is acknowledged once the channel is gone', async () => {
  const { channel, acknowledgements } = start(2)
  acknowledgements.add(message(1))
  const closed = once(channel, 'close')
  channel.emit('close')
  await closed
  acknowledgements.add(message(2))
  acknowledgements.flush()
  await nextTurn()
  expect(channel.frames).toBe(0)
})

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}
