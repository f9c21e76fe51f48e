// Draws tables: columns side by side, cut to the width of the terminal.
import stringWidth from 'string-width'
import { printable } from './terminal.ts'

const gap = '  '
const narrowest = 8

/** Lines of a table: the heads, then the rows; every cell on one line. `width` is that of the terminal, in columns. */
export function drawTable(heads: string[], rows: string[][], width: number): string[] {
  const cells = [heads, ...rows].map(row => row.map(printable))
  const columns = heads.map((_, column) => cells.map(row => row[column] ?? ''))
  const wanted = columns.map(column => Math.max(...column.map(text => stringWidth(text))))
  const least = columns.map((column, at) => (column.some(isId) ? wanted[at]! : Math.min(wanted[at]!, narrowest)))
  const widths = fit(wanted, least, width)
  return cells.map(row =>
    row
      .slice(0, widths.length)
      .map((text, column) => pad(cut(text, widths[column]!), widths[column]!))
      .join(gap)
      .trimEnd(),
  )
}

/** A thing's facts, a line each; nothing is cut, and what is null is not there. */
export function drawFacts(facts: Record<string, string | null>): string[] {
  const told = Object.entries(facts).filter((fact): fact is [string, string] => fact[1] !== null)
  const widest = Math.max(...told.map(([name]) => stringWidth(name)))
  return told.map(([name, value]) => `${pad(name, widest)}${gap}${printable(value)}`)
}

/** A part of an id or of a checksum is of no use. */
const isId = (text: string) => /^[0-9a-f]{8}-[0-9a-f-]{27}$|^[0-9a-f]{64}$/.test(text)

/** The widest columns give way first, down to their least width; of those that still find no room, the last are left out. */
function fit(wanted: number[], least: number[], width: number): number[] {
  const widths = [...wanted]
  const total = () => widths.reduce((sum, it) => sum + it + gap.length, -gap.length)
  while (total() > width && widths.length > 1) {
    const yielding = widths.filter((it, at) => it > least[at]!)
    if (yielding.length > 0)
      widths[widths.findLastIndex((it, at) => it > least[at]! && it === Math.max(...yielding))]!--
    else {
      widths.pop()
      // Those that are left may be as wide as they like again.
      for (const at of widths.keys()) widths[at] = wanted[at]!
    }
  }
  return widths
}

function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let kept = ''
  for (const character of text) {
    if (stringWidth(kept + character) > width - 1) break
    kept += character
  }
  return `${kept}…`
}

const pad = (text: string, width: number) => text + ' '.repeat(Math.max(0, width - stringWidth(text)))
