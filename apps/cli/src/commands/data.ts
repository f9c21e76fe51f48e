// `waybill data`: reads records from the user's cloud now, or what was delivered, as a table, as NDJSON, or into a file.
import type { DataRecord, DeliveredFile, ExportFormat } from '@waybill/sdk'
import { defineCommand, type Invocation } from '../command.ts'
import { UsageError } from '../failures.ts'
import { processIdOf } from '../newest.ts'
import { wholeNumber } from '../read-number.ts'
import { readableBytes } from '../readable.ts'
import { drawTable } from '../table.ts'

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
    { flags: '-o, --out <file>', description: 'the file to download to (default process: last)' },
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
}

async function showManifest({ terminal, session }: Invocation<Options>, word: string): Promise<void> {
  const manifest = await session.client.data.manifest(await processIdOf(word, session))
  await terminal.result(manifest, () => {
    const rows = manifest.files.map(({ dataset, format, records, bytes, sha256 }) => [
      dataset,
      format,
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
  const records = session.client.data.records(source, { limit: Math.min(limit + 1, mostInOnePage) })
  const isTable = terminal.isInteractive && !terminal.json
  const drawn: DataRecord[] = []
  let count = 0
  let isCut = false
  for await (const record of records) {
    if (count === limit) {
      isCut = true
      break
    }
    count++
    if (isTable) drawn.push(record)
    else await terminal.print(JSON.stringify(record))
  }
  if (isTable) await terminal.print(drawRecords(drawn, terminal.width).join('\n'))
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

async function downloadFile({ args, options, terminal, session }: Invocation<Options>, path: string): Promise<void> {
  const { download } = await import('../download.ts')
  const processId = await processIdOf(options.process ?? 'last', session)
  const { files } = await session.client.data.manifest(processId)
  const file = chooseFile(files, args[0], options.format)
  const { resumedAt } = await download({ processId, file, path }, session, terminal)
  await terminal.result({ path, process_id: processId, ...file, resumed_at: resumedAt }, () => {
    const resumed = resumedAt > 0 ? `, went on at byte ${resumedAt}` : ''
    return `${path}: ${file.dataset} as ${file.format}, ${file.records} records, ${readableBytes(file.bytes)}${resumed}; its SHA-256 is right`
  })
}

function chooseFile(
  files: DeliveredFile[],
  dataset: string | undefined,
  format: ExportFormat | undefined,
): DeliveredFile {
  const fitting = files.filter(it => (dataset ?? it.dataset) === it.dataset && (format ?? it.format) === it.format)
  if (fitting.length === 1) return fitting[0]!
  const delivered = files.map(it => `${it.dataset} as ${it.format}`).join(', ')
  const example = `waybill data ${files[0]?.dataset ?? 'airports'} --out file.${files[0]?.format ?? 'ndjson'}`
  throw new UsageError(
    fitting.length === 0
      ? `no such file was delivered; these were: ${delivered}`
      : `several files were delivered, so say which: ${delivered}`,
    example,
  )
}
