// Takes the records of a page apart without parsing them, so that an HTTP answer holds them as they were written.

/** The records of NDJSON that a converter has made, in the pieces in which it came; each as its JSON text. */
export function splitRecords(ndjson: readonly Uint8Array[]): string[] {
  const lines = Buffer.concat(ndjson).toString('utf8').split('\n')
  lines.pop()
  return lines.map(line => line.trim())
}
