// Puts records together from the columns of a row group: Dremel's record assembly, written as JSON on the way.
import type { ColumnCursor } from './column-cursor.ts'
import type { JsonOutput } from './json-output.ts'
import type { MemberShape, PartShape, RecordShape } from './record-shape.ts'

const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const COMMA = 0x2c
const COLON = 0x3a

type RepeatedShape = Extract<PartShape, { kind: 'list' | 'map' }>

export class RecordWriter {
  readonly #shape: RecordShape
  /** By the index of their columns. */
  readonly #cursors: readonly ColumnCursor[]
  readonly #output: JsonOutput

  constructor(shape: RecordShape, cursors: readonly ColumnCursor[], output: JsonOutput) {
    this.#shape = shape
    this.#cursors = cursors
    this.#output = output
  }

  /** The next record, which must be ready in all columns. */
  write(): void {
    this.#members(this.#shape.members)
    for (const cursor of this.#cursors) cursor.rowsReady--
  }

  #members(members: readonly MemberShape[]): void {
    const output = this.#output
    output.byte(OPEN_BRACE)
    for (let at = 0; at < members.length; at++) {
      if (at > 0) output.byte(COMMA)
      const { label, part } = members[at]!
      output.raw(label)
      this.#part(part)
    }
    output.byte(CLOSE_BRACE)
  }

  #part(part: PartShape): void {
    if (part.kind === 'value') this.#cursors[part.column.index]!.write(this.#output)
    else if (this.#cursors[part.first.index]!.definition < part.presentAt) this.#null(part)
    else if (part.kind === 'struct') this.#members(part.members)
    else this.#repeated(part)
  }

  /** The columns of a part that is not there have one value each that says so: the first writes it, the others pass it over. */
  #null({ first, last }: Exclude<PartShape, { kind: 'value' }>): void {
    this.#cursors[first.index]!.write(this.#output)
    for (let index = first.index + 1; index <= last.index; index++) this.#cursors[index]!.skip()
  }

  #repeated(part: RepeatedShape): void {
    const { first, last, elementAt, repetition, kind, parts } = part
    const output = this.#output
    const isMap = kind === 'map'
    output.byte(isMap ? OPEN_BRACE : OPEN_BRACKET)
    const firstCursor = this.#cursors[first.index]!
    if (firstCursor.definition < elementAt) {
      for (let index = first.index; index <= last.index; index++) this.#cursors[index]!.skip()
    } else {
      for (let isFirst = true; isFirst || firstCursor.repetition === repetition; isFirst = false) {
        if (!isFirst) output.byte(COMMA)
        if (isMap) this.#entry(parts as [PartShape, PartShape])
        else this.#part(parts[0]!)
      }
    }
    output.byte(isMap ? CLOSE_BRACE : CLOSE_BRACKET)
  }

  /** A key that is no text is written as the text of its JSON. */
  #entry([key, value]: [PartShape, PartShape]): void {
    const output = this.#output
    const start = output.length
    this.#part(key)
    output.quoteFrom(start)
    output.byte(COLON)
    this.#part(value)
  }
}
