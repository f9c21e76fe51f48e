// Gathers the acknowledgements of one channel: those of a turn of the event loop go out together, most in a single frame.
import type { Channel, Message } from 'amqplib'

/**
 * Belongs to one channel with one consumer, whose delivery tags count up from 1; a tag means nothing on another channel.
 * What is acknowledged after the channel has gone is dropped: its message comes again.
 */
export class Acknowledgements {
  readonly #channel: Channel
  readonly #finished = new Map<number, Message>()
  /** Tags that were acknowledged one by one, ahead of the lowest that is still open. */
  readonly #ahead = new Set<number>()
  #lowestOpen = 1
  #flushing: NodeJS.Immediate | undefined
  #gone = false

  constructor(channel: Channel) {
    this.#channel = channel
    channel.on('close', () => {
      this.#gone = true
      clearImmediate(this.#flushing)
    })
  }

  add(message: Message): void {
    if (this.#gone) return
    this.#finished.set(message.fields.deliveryTag, message)
    this.#flushing ??= setImmediate(() => this.flush())
  }

  flush(): void {
    clearImmediate(this.#flushing)
    this.#flushing = undefined
    if (this.#gone) return
    // The last of the row has to be one that is not acknowledged yet: for any other tag RabbitMQ takes "all up to" for all.
    let lastOfRow: Message | undefined
    for (; ; this.#lowestOpen += 1) {
      if (this.#ahead.delete(this.#lowestOpen)) continue
      const message = this.#finished.get(this.#lowestOpen)
      if (!message) break
      this.#finished.delete(this.#lowestOpen)
      lastOfRow = message
    }
    if (lastOfRow) this.#channel.ack(lastOfRow, true)
    for (const [tag, message] of this.#finished) {
      this.#channel.ack(message)
      this.#ahead.add(tag)
    }
    this.#finished.clear()
  }
}
