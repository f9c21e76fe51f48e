// Publishes with confirms. The broker confirms many messages at a time; here each caller learns what became of its own.
import type { AnyCloudEvent } from '@waybill/contracts'
import type { ConfirmChannel, Message } from 'amqplib'
import type { CountMessage } from './broker-metrics.ts'
import { eventsExchange, isConsumed } from './rabbit-topology.ts'

/**
 * Written and not confirmed yet, at most. Since nothing more is written before confirms come, this bounds what lies
 * in the buffers of the connection too; it is more than a broker leaves unconfirmed that keeps up.
 */
const unconfirmedAtMost = 1_000
/** Waiting behind those, at most; a broker this slow is told nothing more, the outbox keeps it. */
const waitingAtMost = 20_000
const confirmMilliseconds = 10_000
const lookMilliseconds = 1_000

interface Publishing {
  event: AnyCloudEvent
  since: number
  returned: boolean
  resolve: () => void
  reject: (reason: Error) => void
}

export class RabbitPublisher {
  readonly #count: CountMessage
  readonly #onReturn: (type: string) => void
  #channel: ConfirmChannel | undefined
  /** Why nothing is taken. */
  #closed = 'the broker is not connected'
  /** Everything whose caller waits, oldest first. */
  readonly #open = new Set<Publishing>()
  #waiting: Publishing[] = []
  #unconfirmed = 0
  #looking: NodeJS.Timeout | undefined
  readonly #whenSettled: (() => void)[] = []

  constructor(count: CountMessage, onReturn: (type: string) => void) {
    this.#count = count
    this.#onReturn = onReturn
  }

  /** Publishes on this channel until it closes. */
  open(channel: ConfirmChannel): void {
    this.#channel = channel
    this.#unconfirmed = 0
    channel.on('return', message => this.#returned(message))
    // What was written is rejected by the channel itself; it is gone, or it is there and the outbox publishes it twice.
    channel.on('close', () => {
      if (this.#channel === channel) this.close('the connection to the broker was lost')
    })
  }

  /** Takes nothing any more, for this reason, until it is opened again. */
  close(reason: string): void {
    this.#channel = undefined
    this.#closed = reason
    const waiting = this.#waiting
    this.#waiting = []
    for (const publishing of waiting) this.#settle(publishing, new Error(reason))
  }

  /** Resolves once confirmed. Rejects at once where there is no connection, and after 10 s without a confirm. */
  publish(event: AnyCloudEvent): Promise<void> {
    if (!this.#channel) return Promise.reject(new Error(this.#closed))
    if (this.#waiting.length >= waitingAtMost) {
      return Promise.reject(new Error(`the broker is too slow: ${waitingAtMost} messages wait for it`))
    }
    return new Promise((resolve, reject) => {
      const publishing: Publishing = { event, since: performance.now(), returned: false, resolve, reject }
      this.#open.add(publishing)
      this.#looking ??= setTimeout(() => this.#giveUpLate(), lookMilliseconds)
      this.#waiting.push(publishing)
      this.#writeWaiting()
    })
  }

  /** Resolves when nothing is under way. */
  settled(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve()
    return new Promise(resolve => this.#whenSettled.push(resolve))
  }

  #writeWaiting(): void {
    while (this.#channel && this.#unconfirmed < unconfirmedAtMost) {
      const publishing = this.#waiting.shift()
      if (!publishing) return
      if (this.#open.has(publishing)) this.#write(this.#channel, publishing)
    }
  }

  #write(channel: ConfirmChannel, publishing: Publishing): void {
    const { event } = publishing
    try {
      channel.publish(
        eventsExchange,
        event.type,
        Buffer.from(JSON.stringify(event)),
        {
          persistent: true,
          mandatory: isConsumed(event.type),
          messageId: event.id,
          type: event.type,
          contentType: 'application/cloudevents+json',
        },
        (error: Error | null) => this.#confirmed(publishing, error),
      )
      this.#unconfirmed += 1
      this.#count('published')
    } catch (error) {
      this.#settle(publishing, error as Error)
    }
  }

  #confirmed(publishing: Publishing, error: Error | null): void {
    this.#unconfirmed -= 1
    if (error) this.#settle(publishing, error)
    else if (publishing.returned) this.#settle(publishing, new Error(`no queue wants "${publishing.event.type}"`))
    else this.#settle(publishing, undefined)
    if (this.#waiting.length > 0) this.#writeWaiting()
  }

  /** A message that fits no queue comes back before its confirm, which comes all the same. */
  #returned(message: Message): void {
    this.#count('returned')
    for (const publishing of this.#open) {
      // Published twice at the same time, both come back.
      if (publishing.event.id === message.properties.messageId) publishing.returned = true
    }
    this.#onReturn(message.fields.routingKey)
  }

  #giveUpLate(): void {
    this.#looking = undefined
    const since = performance.now() - confirmMilliseconds
    for (const publishing of this.#open) {
      if (publishing.since > since) break
      this.#settle(publishing, new Error(`the broker did not confirm within ${confirmMilliseconds / 1_000} s`))
    }
    if (this.#open.size > 0) this.#looking = setTimeout(() => this.#giveUpLate(), lookMilliseconds)
  }

  #settle(publishing: Publishing, error: Error | undefined): void {
    // It may have been given up before its confirm came.
    if (!this.#open.delete(publishing)) return
    this.#count(error ? 'failed' : 'confirmed')
    if (error) publishing.reject(error)
    else publishing.resolve()
    if (this.#open.size > 0) return
    clearTimeout(this.#looking)
    this.#looking = undefined
    for (const settled of this.#whenSettled.splice(0)) settled()
  }
}
