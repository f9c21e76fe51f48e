// A thread that converts for exports whose bytes come and go elsewhere. It knows no cloud and no database.
import { constants, setPriority } from 'node:os'
import { parentPort, type Transferable } from 'node:worker_threads'
import { FormatError } from '../formats/index.ts'
import { Conversion, type ConversionOrder, type Converted, slices } from './conversion.ts'
import { LentBuffers } from './lent-buffers.ts'

/** What is asked of a conversion, by its id. All but the last two are answered, in their order. */
export type Question =
  | { id: number; does: 'sum' | 'scan' | 'convert'; bytes: Uint8Array; handOverAt: number }
  | { id: number; does: 'finish' }
  | { id: number; does: 'begin'; order: ConversionOrder }
  | { id: number; does: 'close' }
  | { does: 'take back'; blocks: Uint8Array[] }

export interface Reply {
  id: number
  /** The bytes of the question, to be written over. */
  bytes?: Uint8Array
  converted?: Converted & { sha256?: string }
  /** Of a source that is not what it says. */
  broken?: { line: number; reason: string }
  /** Whatever else went wrong. */
  error?: Error
}

/** As many as two parts of 5 MiB that are on their way hold, and the one that is made meanwhile. */
const blocks = new LentBuffers({ bytes: 256 * 1024, kept: 72 })
const conversions = new Map<number, Promise<Conversion>>()

// Where processors are short, answers come first. Only on Linux is a priority a thread's and not the whole process's (setpriority(2)).
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL)

parentPort!.on('message', (question: Question) => {
  switch (question.does) {
    case 'take back':
      for (const block of question.blocks) blocks.giveBack(block)
      return
    case 'begin': {
      const begun = Conversion.begin(question.order, blocks)
      // It is for the questions to hear that it failed.
      begun.catch(() => {})
      conversions.set(question.id, begun)
      return
    }
    case 'close':
      conversions.get(question.id)!.then(
        conversion => conversion.close(),
        () => {},
      )
      conversions.delete(question.id)
      return
    default:
      conversions.get(question.id)!.then(
        conversion => answer(question, conversion),
        (error: Error) => parentPort!.postMessage({ id: question.id, error } satisfies Reply),
      )
  }
})

type Work = Extract<Question, { does: 'sum' | 'scan' | 'convert' | 'finish' }>

function answer(question: Work, conversion: Conversion): void {
  const reply: Reply = { id: question.id }
  try {
    reply.converted = work(conversion, question)
  } catch (error) {
    if (error instanceof FormatError) reply.broken = { line: error.line, reason: error.reason }
    else reply.error = error as Error
  }
  const transferred: Transferable[] = (reply.converted?.blocks ?? []).map(memoryOf)
  if ('bytes' in question) {
    reply.bytes = question.bytes
    transferred.push(memoryOf(question.bytes))
  }
  parentPort!.postMessage(reply, transferred)
}

function work(conversion: Conversion, question: Work): Converted | undefined {
  if (question.does === 'finish') {
    conversion.end()
    conversion.packNow()
    return conversion.finish()
  }
  if (question.does === 'sum') conversion.sum(question.bytes)
  else {
    for (const slice of slices(question.bytes)) {
      conversion[question.does](slice)
      if (conversion.isPackingDue) conversion.packNow()
    }
  }
  const isDue = question.does === 'convert' && conversion.heldBytes >= question.handOverAt
  if (!isDue) return undefined
  conversion.packNow()
  return conversion.handOver()
}

function memoryOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer as ArrayBuffer
}
