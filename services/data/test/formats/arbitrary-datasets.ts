// Makes datasets of every kind for the properties, each with what its conversion must give by a plain reference.
import fc from 'fast-check'

/** A record as the tokens of its JSON, so that whitespace can be put between them. */
export type Tokens = string[]

const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/)
const blank = fc.stringMatching(/^[ \t\r]{0,3}$/)
/** Any text without halves of surrogate pairs, with a liking for what has a meaning in JSON and CSV. */
export const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc
    .array(fc.constantFrom('"', '\\', ',', '\n', '\r', '\t', '\0', '{', ']', ' ', 'é', '𝄞', 'a', '7'), { maxLength: 8 })
    .map(parts => parts.join('')),
)

const escaped = anyText.map(
  content =>
    `"${[...Array(content.length).keys()].map(at => `\\u${content.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`,
)
const stringToken = fc.oneof(
  { weight: 4, arbitrary: anyText.map(content => JSON.stringify(content)) },
  { weight: 1, arbitrary: escaped },
  { weight: 1, arbitrary: fc.constantFrom('"\\/\\b\\f\\n\\r\\t"', '"a\\"b,c"') },
)
const numberToken = fc.oneof(
  fc.constantFrom('0', '-0', '1.10', '1e400', '-1E+05', '0.1e-7', '123456789012345678901234567890', '0e0'),
  fc.integer().map(String),
)
const scalar: fc.Arbitrary<Tokens> = fc
  .oneof(stringToken, numberToken, fc.constantFrom('null', 'true', 'false'))
  .map(token => [token])

const between = (open: string, parts: Tokens[], close: string): Tokens => [
  open,
  ...parts.flatMap((part, index) => (index === 0 ? part : [',', ...part])),
  close,
]
const { value } = fc.letrec<{ value: Tokens; array: Tokens; object: Tokens }>(tie => ({
  value: fc.oneof({ maxDepth: 4 }, { weight: 3, arbitrary: scalar }, tie('array'), tie('object')),
  array: fc.array(tie('value'), { maxLength: 3 }).map(values => between('[', values, ']')),
  object: fc.array(fc.tuple(stringToken, tie('value')), { maxLength: 3 }).map(members =>
    between(
      '{',
      members.map(([key, tokens]) => [key, ':', ...tokens]),
      '}',
    ),
  ),
}))

const key = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('"a"', '"b"', '"a b"', '"c"', '"\\u0061"') },
  { weight: 1, arbitrary: stringToken },
)
export interface JsonRecord {
  members: [key: string, value: Tokens][]
  tokens: Tokens
}
export const jsonRecord: fc.Arbitrary<JsonRecord> = fc.array(fc.tuple(key, value), { maxLength: 5 }).map(members => ({
  members,
  tokens: between(
    '{',
    members.map(([name, tokens]) => [name, ':', ...tokens]),
    '}',
  ),
}))

export const compactText = ({ tokens }: JsonRecord): string => tokens.join('')

export interface Dataset {
  source: string
  records: JsonRecord[]
}

const mark = fc.constantFrom('', '', '\uFEFF')
const spread = (tokens: Tokens, spaces: string[]): string =>
  tokens.map((token, index) => token + spaces[index % spaces.length]).join('')

export const ndjsonDataset: fc.Arbitrary<Dataset & { lines: string[] }> = fc
  .record({
    records: fc.array(jsonRecord, { maxLength: 6 }),
    spaces: fc.array(blank, { minLength: 1, maxLength: 5 }),
    lineEnds: fc.array(fc.constantFrom('\n', '\n', '\r\n', '\n\n', '\n \r\n'), { minLength: 1, maxLength: 4 }),
    lastLineEnds: fc.boolean(),
    mark,
  })
  .map(({ records, spaces, lineEnds, lastLineEnds, mark }) => {
    const texts = records.map(({ tokens }) => spread(tokens, spaces))
    const ends = texts.map((_, index) =>
      index === texts.length - 1 && !lastLineEnds ? '' : lineEnds[index % lineEnds.length]!,
    )
    return {
      records,
      source: mark + texts.map((line, index) => line + ends[index]).join(''),
      lines: texts.map((line, index) => line + (ends[index] === '\r\n' ? '\r\n' : '\n')),
    }
  })

export const jsonDataset: fc.Arbitrary<Dataset> = fc
  .record({
    records: fc.array(jsonRecord, { maxLength: 6 }),
    spaces: fc.array(space, { minLength: 1, maxLength: 5 }),
    mark,
  })
  .map(({ records, spaces, mark }) => ({
    records,
    source:
      mark +
      spread(
        [
          '',
          ...between(
            '[',
            records.map(({ tokens }) => tokens),
            ']',
          ),
        ],
        spaces,
      ),
  }))

export interface CsvDataset {
  source: string
  columns: string[]
  rows: string[][]
  /** The source without byte order mark and empty lines, its last line ended. */
  lines: string
}

const field = fc.record({ content: anyText, quoted: fc.boolean() })
/** A NUL at the beginning of a source would be taken for UTF-16. */
const columnName = anyText.filter(name => name !== '' && !name.includes('\0'))
export const csvDataset: fc.Arbitrary<CsvDataset> = fc
  .uniqueArray(columnName, { minLength: 1, maxLength: 4 })
  .chain(columns =>
    fc.record({
      columns: fc.constant(columns),
      rows: fc.array(fc.array(field, { minLength: columns.length, maxLength: columns.length }), { maxLength: 6 }),
      lineEnds: fc.array(fc.constantFrom('\n', '\r\n'), { minLength: 1, maxLength: 3 }),
      lastLineEnds: fc.boolean(),
      emptyLines: fc.boolean(),
      mark,
    }),
  )
  .map(({ columns, rows, lineEnds, lastLineEnds, emptyLines, mark }) => {
    const alone = columns.length === 1
    const fields = [columns.map(content => ({ content, quoted: false })), ...rows]
    const texts = fields.map(row =>
      row
        .map(({ content, quoted }) => (quoted || alone || /[",\r\n]/.test(content) ? quote(content) : content))
        .join(','),
    )
    const isLast = (index: number): boolean => index === texts.length - 1
    const ends = texts.map((_, index) => (isLast(index) && !lastLineEnds ? '' : lineEnds[index % lineEnds.length]!))
    return {
      columns,
      rows: rows.map(row => row.map(({ content }) => content)),
      source: mark + texts.map((row, index) => row + ends[index] + (emptyLines && !alone ? ends[index] : '')).join(''),
      lines: texts.map((row, index) => row + (ends[index] || '\n')).join(''),
    }
  })

export const chunkLengths: fc.Arbitrary<number[]> = fc.oneof(
  fc.constant<number[]>([1]),
  fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }),
)

// The reference: what CSV of JSON records must be, done plainly.

export function quote(content: string): string {
  return `"${content.replaceAll('"', '""')}"`
}

export function referenceColumns(records: JsonRecord[]): string[] {
  return [...new Set(records.flatMap(({ members }) => members.map(([name]): string => JSON.parse(name))))]
}

export function referenceCsv(records: JsonRecord[]): string {
  const columns = referenceColumns(records)
  if (columns.length === 0) return ''
  const rows = records.map(({ members }) => {
    const cells = new Map(members.map(([name, tokens]) => [JSON.parse(name), tokens.join('')]))
    return columns.map(name => referenceCell(cells.get(name)))
  })
  return [columns.map(quoteWhereNeeded), ...rows].map(row => `${row.join(',')}\n`).join('')
}

function referenceCell(json: string | undefined): string {
  if (json === undefined || json === 'null') return ''
  return quoteWhereNeeded(json.startsWith('"') ? JSON.parse(json) : json)
}

function quoteWhereNeeded(content: string): string {
  return content === '' || /[",\r\n]/.test(content) ? quote(content) : content
}
