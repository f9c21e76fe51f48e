// Brings a delivered file onto the reader's disk: a link cannot carry the token, so the page reads it and hands it over.
import { type DeliveredFile, deliveredFileName } from '@waybill/sdk'
import { waybill } from '../waybill.ts'

/** Where a browser cannot write while it reads, the whole file waits in its memory. */
export const heldInMemory = 'showSaveFilePicker' in window === false
/** From here on one is asked first. */
export const largeInMemory = 500_000_000

interface FilePicker {
  showSaveFilePicker(options: { suggestedName: string }): Promise<{ createWritable(): Promise<WritableStream> }>
}

export interface SaveOptions {
  signal: AbortSignal
  /** Bytes that have come. */
  onProgress: (bytes: number) => void
}

/** Answers false where the reader chose no place for it. To be called while their click is fresh, for the browser asks where to. */
export async function saveFile(processId: string, file: DeliveredFile, options: SaveOptions): Promise<boolean> {
  const name = deliveredFileName(file)
  if (heldInMemory) {
    const blob = await new Response(await open(processId, file, options)).blob()
    offer(blob, name)
    return true
  }
  const target = await pick(name)
  if (!target) return false
  const writable = await target.createWritable()
  const stream = await open(processId, file, options).catch(async error => {
    await writable.abort(error)
    throw error
  })
  // Closes the file at the end; where reading breaks off, what was written is thrown away.
  await stream.pipeTo(writable, { signal: options.signal })
  return true
}

async function pick(suggestedName: string) {
  try {
    return await (window as unknown as FilePicker).showSaveFilePicker({ suggestedName })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined
    throw error
  }
}

async function open(processId: string, file: DeliveredFile, { signal, onProgress }: SaveOptions) {
  const { stream } = await waybill.data.file(processId, file.dataset, { signal })
  let bytes = 0
  return stream.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        bytes += chunk.length
        onProgress(bytes)
        controller.enqueue(chunk)
      },
    }),
  )
}

function offer(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
