// Goes through the values of one column, row after row, over the ends of its pages.
import type { ColumnPages, Page } from './column-pages.ts'
import type { JsonOutput } from './json-output.ts'
import { ParquetError } from './parquet-error.ts'
import type { ColumnShape } from './record-shape.ts'

export class ColumnCursor {
  /** Rows that lie whole in the pages that were loaded, from the next one on. */
  rowsReady = 0
  readonly column: ColumnShape
  readonly #pages: ColumnPages
  /** The current one first. */
  #loaded: Page[] = []
  /** In the current page: the next value, and the next one that is there. */
  #at = 0
  #present = 0
  #isAtEnd = false
  /** The last row of the last page may go on in the next one. */
  #isLastOpen = false

  constructor(column: ColumnShape, pages: ColumnPages) {
    this.column = column
    this.#pages = pages
  }

  async seek(row: number): Promise<void> {
    let before = await this.#pages.seek(row)
    while (before < row) {
      await this.load()
      const skipped = Math.min(this.rowsReady, row - before)
      for (let count = 0; count < skipped; count++) this.skipRow()
      before += skipped
    }
  }

  /** Makes at least one row ready. */
  async load(): Promise<void> {
    while (this.rowsReady === 0) {
      if (this.#isAtEnd) throw new ParquetError(`the column ${this.column.name} has fewer rows than the others`)
      const page = await this.#pages.next()
      if (page) this.#add(page)
      else {
        this.#isAtEnd = true
        if (this.#isLastOpen) this.rowsReady = 1
        this.#isLastOpen = false
      }
    }
  }

  #add(page: Page): void {
    if (page.count === 0) {
      this.#pages.release(page)
      return
    }
    this.#loaded.push(page)
    const { repetitions } = page
    if (!repetitions) {
      this.rowsReady += page.count
      return
    }
    let begun = 0
    for (const level of repetitions) if (level === 0) begun++
    // What begins here ends what was open.
    const isContinued = repetitions[0] !== 0
    if (isContinued && !this.#isLastOpen) throw new ParquetError(`the column ${this.column.name} begins within a row`)
    if (this.#isLastOpen && (begun > 0 || page.hasWholeRows)) this.rowsReady++
    if (begun > 0) this.rowsReady += page.hasWholeRows ? begun : begun - 1
    this.#isLastOpen = !page.hasWholeRows
  }

  /** Of the next value; 0 where the next one begins a row, and behind the last. */
  get repetition(): number {
    const page = this.#loaded[0]
    return page?.repetitions ? page.repetitions[this.#at]! : 0
  }

  get definition(): number {
    const page = this.#page()
    return page.definitions ? page.definitions[this.#at]! : this.column.maxDefinition
  }

  /** The next value, or null. */
  write(output: JsonOutput): void {
    const page = this.#page()
    if (page.definitions && page.definitions[this.#at] !== this.column.maxDefinition) writeNull(output)
    else {
      const before = output.length
      page.values.write(this.#present++, output)
      // A column of the type "null" has nothing but.
      if (output.length === before) writeNull(output)
    }
    this.#goOn(page)
  }

  /** Passes the next value over. */
  skip(): void {
    const page = this.#page()
    if (!page.definitions || page.definitions[this.#at] === this.column.maxDefinition) this.#present++
    this.#goOn(page)
  }

  skipRow(): void {
    do this.skip()
    while (this.repetition > 0)
    this.rowsReady--
  }

  close(): void {
    for (const page of this.#loaded) this.#pages.release(page)
    this.#loaded = []
    this.#pages.close()
  }

  #page(): Page {
    const page = this.#loaded[0]
    if (!page) throw new ParquetError(`the column ${this.column.name} has fewer values than the others`)
    return page
  }

  #goOn(page: Page): void {
    this.#at++
    if (this.#at < page.count) return
    this.#loaded.shift()
    this.#pages.release(page)
    this.#at = this.#present = 0
  }
}

const nullText = Buffer.from('null')

function writeNull(output: JsonOutput): void {
  output.raw(nullText)
}
