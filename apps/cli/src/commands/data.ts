// `waybill data`: reads records from the user's cloud now, or what was delivered, as a table, as NDJSON, or into a file.

import { extname } from 'node:path'
import { type DataRecord, type DeliveredFile, deliveredFileName, type ExportFormat } from '@waybill/sdk'
import { defineCommand, type Invocation } from '../command.ts'
import { UsageError } from '../failures.ts'
import { processIdOf } from '../newest.ts'
import { wholeNumber } from '../read-number.ts'
import { readableBytes } from '../readable.ts'
import { drawTable } from '../table.ts'
import { printable } from '../terminal.ts'

interface Options {
  process?: string
  out?: string
  format?: ExportFormat
  limit?: number
  all?: boolean
}

const defaultLimit = 20
const mostInOnePage = 100

export const command = defineCommand<Options>({
  description:
    'Without a dataset: which there are. With one: its records, a table on a terminal and a JSON document on each line elsewhere. With --out the whole delivered file: a download that was cut goes on where it was, and the SHA-256 is checked.',
  arguments: [{ name: 'dataset', description: 'such as airports', optional: true }],
  options: [
    {
      flags: '-p, --process <id>',
      description: 'what this process delivered, or "last"; without it, the data in your cloud now',
    },
    {
      flags: '-o, --out <file>',
      description: 'the file to download to, or - for another program (default process: last)',
    },
    {
      flags: '--format <format>',
      description: 'with --out: the delivered file of this format',
      choices: ['ndjson', 'csv'],
    },
    {
      flags: '--limit <n>',
      description: `how many records (default: ${defaultLimit})`,
      parse: wholeNumber('--limit', 1, 1_000_000_000),
    },
    { flags: '--all', description: 'all records' },
  ],
  examples: [
    { what: 'The datasets of your cloud', line: 'waybill data' },
    { what: 'The first records of one', line: 'waybill data airports --limit 5' },
    { what: 'All of them, for another program', line: 'waybill data movies --all | wc -l' },
    {
      what: 'Order a file and download it',
      line: 'waybill order cars:csv --token tok_approve --watch && waybill data cars --out cars.csv',
    },
    { what: 'What was delivered, with checksums', line: 'waybill data --process last' },
    { what: 'A delivered file for another program', line: 'waybill data cars --out - | wc -c' },
  ],
  async run(invocation) {
    const { args, options } = invocation
    if (options.out !== undefined) return downloadFile(invocation, options.out)
    if (options.format !== undefined) {
      throw new UsageError('--format goes with --out', 'waybill data cars --out cars.csv --format csv')
    }
    if (options.process === undefined && args[0] === undefined) return listDatasets(invocation)
    if (args[0] === undefined) return showManifest(invocation, options.process!)
    return showRecords(invocation, args[0])
  },
})

async function listDatasets({ terminal, session }: Invocation<Options>): Promise<void> {
  const list = await session.client.data.datasets()
  await terminal.result(list, () => {
    const rows = list.datasets.map(({ name, bytes, updated_at }) => [name, readableBytes(bytes), updated_at])
    return drawTable(['DATASET', 'SIZE', 'CHANGED'], rows, terminal.width)
  })
  if (terminal.isInteractive && !terminal.json) terminal.note(printable(`of ${list.cloud} as of ${list.as_of}`))
}

async function showManifest({ terminal, session }: Invocation<Options>, word: string): Promise<void> {
  const manifest = await session.client.data.manifest(await processIdOf(word, session))
  await terminal.result(manifest, () => {
    const rows = manifest.files.map(({ dataset, format, compression, records, bytes, sha256 }) => [
      dataset,
      compression ? `${format}, ${compression}` : format,
      String(records),
      readableBytes(bytes),
      sha256,
    ])
    return drawTable(['DATASET', 'FORMAT', 'RECORDS', 'SIZE', 'SHA-256'], rows, terminal.width)
  })
}

async function showRecords({ options, terminal, session }: Invocation<Options>, dataset: string): Promise<void> {
  const limit = options.all ? Number.POSITIVE_INFINITY : (options.limit ?? defaultLimit)
  const source =
    options.process === undefined ? dataset : { process_id: await processIdOf(options.process, session), dataset }
  const pages = session.client.data.records(source, { limit: Math.min(limit + 1, mostInOnePage) }).pages()
  const isTable = terminal.isInteractive && !terminal.json
  const drawn: DataRecord[] = []
  let count = 0
  let isCut = false
  let from = ''
  for await (const { items, data } of pages) {
    from ||= `${data.dataset} of ${data.cloud} as of ${data.as_of}`
    const shown = items.slice(0, limit - count)
    for (const record of shown) {
      if (isTable) drawn.push(record)
      else await terminal.print(JSON.stringify(record))
    }
    count += shown.length
    isCut = shown.length < items.length
    if (count === limit) break
  }
  if (isTable) {
    if (drawn.length > 0) await terminal.print(drawRecords(drawn, terminal.width).join('\n'))
    terminal.note(printable(from))
  }
  if (isCut && options.limit === undefined) terminal.note(`the first ${limit} records; --all or --limit shows more`)
}

function drawRecords(records: DataRecord[], width: number): string[] {
  const heads = [...new Set(records.flatMap(record => Object.keys(record)))]
  const cell = (value: unknown) =>
    typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
  return drawTable(
    heads,
    records.map(record => heads.map(head => cell(record[head]))),
    width,
  )
}

async function downloadFile(invocation: Invocation<Options>, path: string): Promise<void> {
  const { args, options, terminal, session } = invocation
  const isPiped = path === '-'
  if (isPiped && terminal.isInteractive) {
    throw new UsageError('a whole file is too much for a terminal: pipe it', 'waybill data cars --out - | less')
  }
  const processId = await processIdOf(options.process ?? 'last', session)
  const { files } = await session.client.data.manifest(processId)
  const file = chooseFile(files, args[0], options.format)
  if (isPiped) return pipeFile(invocation, processId, file)
  const { download } = await import('../download.ts')
  const { resumedAt } = await download({ processId, file, path }, session, terminal)
  const ownName = deliveredFileName(file)
  if (file.compression && !path.endsWith(extname(ownName))) {
    terminal.note(`it is packed with ${file.compression}: its own name is ${printable(ownName)}`)
  }
  await terminal.result({ path, process_id: processId, ...file, resumed_at: resumedAt }, () => {
    const packed = file.compression ? ` packed with ${file.compression}` : ''
    const resumed = resumedAt > 0 ? `, went on at byte ${resumedAt}` : ''
    return `${path}: ${file.dataset} as ${file.format}${packed}, ${file.records} records, ${readableBytes(file.bytes)}${resumed}; its SHA-256 is right`
  })
}

/** Its bytes alone go to stdout; that they are right is known at their end. */
async function pipeFile(
  { terminal, session }: Invocation<Options>,
  processId: string,
  { dataset }: DeliveredFile,
): Promise<void> {
  const { stream } = await session.client.data.file(processId, dataset)
  for await (const chunk of stream) await terminal.write(chunk)
}

function chooseFile(
  files: DeliveredFile[],
  dataset: string | undefined,
  format: ExportFormat | undefined,
): DeliveredFile {
  const fitting = files.filter(it => (dataset ?? it.dataset) === it.dataset && (format ?? it.format) === it.format)
  if (fitting.length === 1) return fitting[0]!
  const delivered = files.map(it => `${it.dataset} as ${it.format}`).join(', ')
  const [first = { dataset: 'airports', format: 'ndjson' as const }] = files
  const example = `waybill data ${first.dataset} --out ${deliveredFileName({ ...first, dataset: 'file' })}`
  throw new UsageError(
    fitting.length === 0
      ? `no such file was delivered; these were: ${delivered}`
      : `several files were delivered, so say which: ${delivered}`,
    example,
  )
}
