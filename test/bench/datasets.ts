// The files that are exported: made from counted records, so that every run has the same bytes.
import { createHash } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'

const csvHead = 'iata,name,city,state,country,latitude,longitude\n'
/** With them the file of `airportRecords` has 200 kB, as the one that the design's comparison was taken with. */
export const airportRecords = 3_400
export const tinyRecords = 10

/** Airports, of which every fortieth has a comma in its name, and so quotes. */
function airport(i: number): string {
  const name = i % 40 === 0 ? `"Field No ${i}, South"` : `Airfield No ${i}`
  const latitude = (25 + (i % 2_400) / 100).toFixed(4)
  const longitude = (-70 - (i % 5_500) / 100).toFixed(4)
  return `${i.toString(36).padStart(4, '0').toUpperCase()},${name},City ${i % 997},S${i % 50},USA,${latitude},${longitude}\n`
}

export async function makeAirports(path: string, records: number): Promise<void> {
  const lines = Array.from({ length: records }, (_, i) => airport(i))
  await writeFile(path, csvHead + lines.join(''))
}

const linesAtOnce = 2_000

function writeRepeated(path: string, head: string, bytes: number, block: (from: number) => Buffer): string {
  const file = openSync(path, 'w')
  const hash = createHash('sha256')
  let written = 0
  const write = (piece: Buffer) => {
    writeSync(file, piece)
    hash.update(piece)
    written += piece.length
  }
  if (head !== '') write(Buffer.from(head))
  for (let from = 0; written < bytes; from += linesAtOnce) write(block(from))
  closeSync(file)
  return hash.digest('hex')
}

function blockOf(line: (i: number) => string) {
  return (from: number) => Buffer.from(Array.from({ length: linesAtOnce }, (_, i) => line(from + i)).join(''))
}

/** At least so many bytes of whole records; answers their SHA-256. */
export function makeLargeNdjson(path: string, bytes: number): string {
  const record = (i: number) =>
    `{"id":${i},"name":"Airfield No ${i}","city":"City ${i % 997}","country":"USA","runways":[${i % 7},${i % 11}],"open":${i % 2 === 0}}\n`
  return writeRepeated(path, '', bytes, blockOf(record))
}

export function makeLargeCsv(path: string, bytes: number): string {
  return writeRepeated(path, csvHead, bytes, blockOf(airport))
}
