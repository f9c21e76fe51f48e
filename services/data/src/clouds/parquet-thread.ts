// A thread that unpacks Parquet files whose bytes lie elsewhere: it asks for the ranges that it needs. It knows no cloud.
import { type MessagePort, parentPort } from 'node:worker_threads'
import { type Footer, type ParquetSource, readFooter } from '../parquet/footer.ts'
import { ParquetTooLarge } from '../parquet/parquet-error.ts'
import { asParquetError, ParquetReading, type ReadingLimits, type RecordBatch } from '../parquet/parquet-reading.ts'
import { type Engagement, letAnswersComeFirst } from './thread-pool.ts'

export interface ParquetOrder {
  /** The same for the same content only: the footer of a file is kept for the next order. */
  version: string
  bytes: number
  row: number
  limits: ReadingLimits
}

/** What a reading is told, on a port of its own. `next` is answered by a batch; all may be answered by `refused`. */
export type ParquetQuestion =
  | { does: 'describe' }
  | { does: 'next'; records: number; enoughBytes: number }
  | { does: 'take'; ticket: number; bytes: Uint8Array }

export type ParquetReply =
  /** Bytes of the file are wanted, from `start` up to `end`, exclusive. */
  | { wants: { ticket: number; start: number; end: number } }
  | { description: { rows: number; columns: string[] } }
  | { batch: RecordBatch }
  | { refused: { reason: string; isTooLarge: boolean } }

letAnswersComeFirst()

/** Footers of the files that were read last; a page of records of the same file does not read it again. */
const footers = new Map<string, Footer>()
const footersAtMost = 8
const footerBytesAtMost = 2 * 1024 * 1024

parentPort!.on('message', ({ port, order }: Engagement<ParquetOrder>) => {
  const reading = new AskedReading(port, order)
  port.on('message', (question: ParquetQuestion) => reading.hear(question))
  port.on('close', () => reading.close())
})

class AskedReading {
  readonly #port: MessagePort
  readonly #order: ParquetOrder
  readonly #wanted = new Map<number, (bytes: Uint8Array) => void>()
  #lastTicket = 0
  #reading: Promise<ParquetReading> | undefined

  constructor(port: MessagePort, order: ParquetOrder) {
    this.#port = port
    this.#order = order
  }

  hear(question: ParquetQuestion): void {
    if (question.does === 'take') {
      this.#wanted.get(question.ticket)!(question.bytes)
      this.#wanted.delete(question.ticket)
      return
    }
    this.#answer(question).catch(error => {
      const refused = asParquetError(error)
      this.#tell({ refused: { reason: refused.message, isTooLarge: refused instanceof ParquetTooLarge } })
    })
  }

  close(): void {
    // What it still waits for will not come.
    this.#reading?.then(
      reading => reading.close(),
      () => {},
    )
  }

  async #answer(question: Exclude<ParquetQuestion, { does: 'take' }>): Promise<void> {
    if (question.does === 'describe') {
      const { rows, shape } = await this.#footer()
      this.#tell({ description: { rows, columns: shape.names } })
      return
    }
    this.#reading ??= this.#open()
    const batch = await (await this.#reading).next(question)
    this.#port.postMessage({ batch } satisfies ParquetReply, [batch.bytes.buffer as ArrayBuffer])
  }

  async #open(): Promise<ParquetReading> {
    return new ParquetReading(this.#source, await this.#footer(), this.#order)
  }

  async #footer(): Promise<Footer> {
    const { version } = this.#order
    const footer = footers.get(version) ?? (await readFooter(this.#source))
    footers.delete(version)
    if (footer.bytes <= footerBytesAtMost) footers.set(version, footer)
    if (footers.size > footersAtMost) footers.delete(footers.keys().next().value!)
    return footer
  }

  get #source(): ParquetSource {
    return {
      bytes: this.#order.bytes,
      read: (start, end) =>
        new Promise(resolve => {
          const ticket = ++this.#lastTicket
          this.#wanted.set(ticket, resolve)
          this.#tell({ wants: { ticket, start, end } })
        }),
    }
  }

  #tell(reply: ParquetReply): void {
    this.#port.postMessage(reply)
  }
}
