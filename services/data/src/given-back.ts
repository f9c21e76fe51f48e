// Memory that is not needed any more, given back at once: it lies outside of the heap, where the collector sees it late.

/** Only of bytes that have their memory to themselves; they and all views of it are empty then. */
export function giveBack(bytes: Uint8Array): void {
  const { buffer } = bytes
  if (bytes.length > 0 && buffer instanceof ArrayBuffer && bytes.length === buffer.byteLength) buffer.transfer(0)
}
