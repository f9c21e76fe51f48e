// The columns of CSV made from records: the union of their keys in the order in which they first come up.
import { FormatError } from './format-error.ts'
import { JsonMembers } from './json-members.ts'
import type { JsonSink } from './record-reader.ts'

const MOST_COLUMNS = 16_384

/** Keys come mostly in the order of the columns, some left out: so many columns are looked at before the map. */
const COLUMNS_TRIED = 3

export class ColumnIndex {
  readonly names: string[] = []
  /** Each name as it mostly stands in the source, without quotes. */
  readonly #texts: Buffer[] = []
  readonly #byName = new Map<string, number>()

  constructor(names: readonly string[] = []) {
    for (const name of names) this.add(name)
  }

  add(name: string): number {
    const column = this.names.push(name) - 1
    this.#texts.push(Buffer.from(JSON.stringify(name).slice(1, -1)))
    this.#byName.set(name, column)
    return column
  }

  /** The column of the key whose JSON text is `bytes[from, to)`, or -1. `guess` is the column that it probably is. */
  find(bytes: Buffer, from: number, to: number, guess: number): number {
    const last = Math.min(guess + COLUMNS_TRIED, this.#texts.length)
    for (let column = guess; column < last; column++) if (isAt(this.#texts[column]!, bytes, from, to)) return column
    return this.#byName.get(decodeKey(bytes, from, to)) ?? -1
  }
}

/** Collects the keys of all records it is given. */
export class ColumnCollector implements JsonSink {
  readonly columns = new ColumnIndex()
  readonly #members = new JsonMembers()

  write(bytes: Buffer, start: number, _end: number, line: number): void {
    const { columns } = this
    this.#members.read(bytes, start)
    const { spans, count } = this.#members
    let column = -1
    for (let span = 0; span < count * 4; span += 4) {
      column = columns.find(bytes, spans[span]!, spans[span + 1]!, column + 1)
      if (column < 0) column = this.#add(decodeKey(bytes, spans[span]!, spans[span + 1]!), line)
    }
  }

  #add(name: string, line: number): number {
    if (!name.isWellFormed()) throw loneSurrogate(line)
    if (this.columns.names.length === MOST_COLUMNS) {
      throw new FormatError(line, `more than ${MOST_COLUMNS} different keys cannot become columns`)
    }
    return this.columns.add(name)
  }
}

export function decodeKey(bytes: Buffer, from: number, to: number): string {
  const text = bytes.toString('utf8', from, to)
  return text.includes('\\') ? JSON.parse(`"${text}"`) : text
}

export function loneSurrogate(line: number): FormatError {
  return new FormatError(line, 'half of a surrogate pair (\\ud800-\\udfff) cannot be written as CSV')
}

function isAt(text: Buffer, bytes: Buffer, from: number, to: number): boolean {
  const length = to - from
  if (text.length !== length) return false
  for (let offset = 0; offset < length; offset++) if (text[offset] !== bytes[from + offset]) return false
  return true
}
