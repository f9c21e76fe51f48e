// Measures the conversions on real records: `npx node services/data/test/formats/formats-bench.ts [MB] [part of a name]`.
// Megabytes of source a second on one core, the best of seven runs, all in one process as in the service.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createColumnScanner, createConverter, type OutputFormat, type SourceFormat } from '../../src/formats/index.ts'

interface Sample {
  format: SourceFormat
  bytes: Buffer
}

const megabytes = Number(process.argv[2] ?? 64)
const part = process.argv[3] ?? ''
const chunkSizes = [64 * 1024, 256 * 1024, 1024 * 1024]
const runs = 7

const data = join(dirname(fileURLToPath(import.meta.resolve('vega-datasets'))), '../data')
const dataset = (name: string): string => readFileSync(join(data, name), 'utf8')
const records = (name: string): object[] => JSON.parse(dataset(name))

function repeated(text: string): Buffer {
  return Buffer.from(text.repeat(Math.ceil((megabytes * 1e6) / Buffer.byteLength(text))))
}

function csv(name: string): Sample {
  const text = dataset(name)
  const headerEnd = text.indexOf('\n') + 1
  const rows = text.slice(headerEnd).replace(/\n?$/, '\n')
  return { format: 'csv', bytes: Buffer.concat([Buffer.from(text.slice(0, headerEnd)), repeated(rows)]) }
}

function ndjson(name: string): Sample {
  const lines = records(name).map(record => `${JSON.stringify(record)}\n`)
  return { format: 'ndjson', bytes: repeated(lines.join('')) }
}

function array(elements: string): Sample {
  const bytes = Buffer.concat([Buffer.from('['), repeated(`${elements},`)])
  bytes[bytes.length - 1] = 0x5d
  return { format: 'json', bytes }
}

const compact = (name: string): Sample => array(JSON.stringify(records(name)).slice(1, -1))
/** As it lies on disk, without the brackets around it. */
const asWritten = (name: string): Sample =>
  array(
    dataset(name)
      .trim()
      .replace(/^\[|\]$/g, '')
      .trim(),
  )
/** Python's json.dumps puts one space behind each colon and comma. */
const spaced = (name: string): Sample =>
  array(
    JSON.stringify(records(name), null, 1)
      .slice(1, -1)
      .replaceAll(/(?<=,)\n +/g, ' ')
      .replaceAll(/\n */g, ''),
  )

const samples: Record<string, () => Sample> = {
  'airports.csv': () => csv('airports.csv'),
  'seattle-weather.csv': () => csv('seattle-weather.csv'),
  'stocks.csv': () => csv('stocks.csv'),
  'birdstrikes.csv (CRLF)': () => csv('birdstrikes.csv'),
  'movies.ndjson': () => ndjson('movies.json'),
  'flights.ndjson': () => ndjson('flights-20k.json'),
  'football.ndjson': () => ndjson('football.json'),
  'movies.json compact': () => compact('movies.json'),
  'movies.json spaced': () => spaced('movies.json'),
  'flights.json compact': () => compact('flights-20k.json'),
  'football.json pretty': () => asWritten('football.json'),
}

function* chunks(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

function convert(
  { format, bytes }: Sample,
  to: OutputFormat,
  columns: string[] | undefined,
  chunkSize: number,
): number {
  const converter = createConverter({ from: format, to, columns })
  let written = 0
  for (const chunk of chunks(bytes, chunkSize)) for (const piece of converter.convert(chunk)) written += piece.length
  for (const piece of converter.finish()) written += piece.length
  return written
}

function findColumns({ format, bytes }: Sample, chunkSize: number): string[] {
  if (format === 'csv') throw new Error('CSV has its columns in its header')
  const scanner = createColumnScanner({ from: format })
  for (const chunk of chunks(bytes, chunkSize)) scanner.scan(chunk)
  return scanner.finish()
}

function speed(sample: Sample, work: () => unknown): string {
  const speeds = Array.from({ length: runs }, () => {
    const start = process.hrtime.bigint()
    work()
    return (sample.bytes.length * 1000) / Number(process.hrtime.bigint() - start)
  })
  return String(Math.round(Math.max(...speeds))).padStart(8)
}

const line = (name: string, cells: string[]): void => console.log(name.padEnd(44), ...cells)
line(
  'MB/s of source, by size of chunk',
  chunkSizes.map(size => `${size / 1024} KiB`.padStart(8)),
)
for (const [name, make] of Object.entries(samples)) {
  if (!name.includes(part)) continue
  const sample = make()
  const overSizes = (work: (size: number) => unknown): string[] =>
    chunkSizes.map(size => speed(sample, () => work(size)))
  line(
    `${name} -> ndjson`,
    overSizes(size => convert(sample, 'ndjson', undefined, size)),
  )
  if (sample.format === 'csv') {
    line(
      `${name} -> csv`,
      overSizes(size => convert(sample, 'csv', undefined, size)),
    )
    continue
  }
  const columns = findColumns(sample, 256 * 1024)
  line(
    `${name} -> columns`,
    overSizes(size => findColumns(sample, size)),
  )
  line(
    `${name} -> csv`,
    overSizes(size => convert(sample, 'csv', columns, size)),
  )
}
