// Reads the figures of docs/bench.md, which the bench writes: what is said about scaling stands on what was measured.

export interface BenchFigures {
  /** In milliseconds, `/s`, MiB and so on, as the page has it. Throws where the page has no such row. */
  value(section: string, row: string): number
  /** As it is printed there: `2.92 ms`. */
  printed(section: string, row: string): string
  /** What it was measured on. */
  about: string
}

export function readBenchFigures(page: string): BenchFigures {
  const cells = new Map<string, string>()
  let section = ''
  for (const line of page.split('\n')) {
    if (line.startsWith('## ')) section = line.slice(3)
    const [, row, ours] = line.split('|').map(cell => cell.trim())
    // Rows of one name differ by their floors; ours is the same in all of them.
    if (row && ours && !cells.has(`${section}: ${row}`)) cells.set(`${section}: ${row}`, ours)
  }
  const printed = (in_: string, row: string) => {
    const found = cells.get(`${in_}: ${row}`)
    if (found === undefined) throw new Error(`docs/bench.md has no row "${row}" under "${in_}"`)
    return found
  }
  return {
    printed,
    value(in_, row) {
      const number = Number(/^[\d,.]+/.exec(printed(in_, row))?.[0].replaceAll(',', ''))
      if (Number.isFinite(number)) return number
      throw new Error(`docs/bench.md: "${row}" is no number: ${printed(in_, row)}`)
    },
    about:
      /^- (Intel|AMD|Apple|ARM|Neoverse|\S+\(R\)).*$/m.exec(page)?.[0].slice(2) ??
      'a machine that the page does not name',
  }
}
