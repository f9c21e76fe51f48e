// The figures as a picture for docs: bars beside the floors, lines over the orders in the tables. Plain SVG, which browsers
// and Markdown show without anybody's help; its colours follow the reader's light or dark scheme.
import { median } from './figures.ts'
import { formatValue } from './report.ts'
import type { Growth, ScenarioResult } from './scenario.ts'

const width = 860
const margin = 24
const labelWidth = 270
const valueWidth = 170
const barHeight = 16
const barGap = 4
const groupGap = 14
const panelsInRow = 4
const panelHeight = 150
const titleHeight = 34

const style = `
  .page { fill: #ffffff } text { font: 12px system-ui, sans-serif; fill: #24292f } .title { font-size: 15px; font-weight: 600 }
  .quiet { fill: #57606a; font-size: 11px } .ours { fill: #0969da } .floor { fill: #8c959f } .line { fill: none; stroke: #0969da; stroke-width: 2 }
  .point { fill: #0969da } .axis { stroke: #d0d7de }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } text { fill: #e6edf3 } .quiet { fill: #9198a1 } .ours, .point { fill: #4493f8 } .floor { fill: #656c76 }
    .line { stroke: #4493f8 } .axis { stroke: #3d444d }
  }`

interface Drawn {
  svg: string
  height: number
}

/** Undefined where there is nothing to show. */
export function renderChart(results: ScenarioResult[], caption: string): string | undefined {
  const parts = [...results.flatMap(barsOf), ...results.flatMap(({ title, growth }) => linesOf(title, growth ?? []))]
  if (parts.length === 0) return undefined
  const pieces: string[] = []
  let y = margin + titleHeight
  for (const { svg, height } of parts) {
    pieces.push(`<g transform="translate(0 ${y})">${svg}</g>`)
    y += height
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + margin}" width="${width}" height="${y + margin}" role="img" aria-label="${escaped(caption)}">`,
    `<style>${style}</style>`,
    `<rect class="page" width="100%" height="100%"/>`,
    text(margin, margin + 8, caption, 'quiet'),
    ...pieces,
    '</svg>',
    '',
  ].join('\n')
}

/** How much was done, and what it cost, beside what did the same work without us. */
function barsOf({ title, figures, growth }: ScenarioResult): Drawn[] {
  const shown = figures.filter(({ unit, floor, isDrawn }) => (unit === '/s' || unit === 'MB/s' || isDrawn) && floor)
  if (shown.length === 0 || growth) return []
  const groups = Map.groupBy(shown, ({ name }) => name)
  let svg = text(margin, 12, title, 'title')
  let y = 26
  for (const [name, group] of groups) {
    const { unit } = group[0]!
    const bars = [
      { label: 'ours', className: 'ours', value: median(group[0]!.ours) },
      ...group.map(figure => ({ label: figure.floor!.name, className: 'floor', value: median(figure.floor!.samples) })),
    ]
    const most = Math.max(...bars.map(bar => bar.value))
    svg += text(margin, y + 12, name)
    for (const { label, className, value } of bars) {
      const length = Math.max((value / most) * (width - labelWidth - valueWidth - margin), 1)
      svg += `<rect class="${className}" x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="2"/>`
      svg += text(labelWidth + length + 8, y + 12, `${formatValue(value, unit)} ${label}`, 'quiet')
      y += barHeight + barGap
    }
    y += groupGap
  }
  return [{ svg, height: y + groupGap }]
}

function linesOf(title: string, growth: Growth[]): Drawn[] {
  if (growth.length === 0) return []
  const panelWidth = (width - 2 * margin) / panelsInRow
  const panels = growth.map((each, i) => {
    const x = margin + (i % panelsInRow) * panelWidth
    const y = 26 + Math.floor(i / panelsInRow) * panelHeight
    return `<g transform="translate(${x} ${y})">${panelOf(each, panelWidth - 28)}</g>`
  })
  const rows = Math.ceil(growth.length / panelsInRow)
  return [{ svg: text(margin, 12, title, 'title') + panels.join(''), height: 26 + rows * panelHeight + groupGap }]
}

function panelOf({ name, unit, points }: Growth, span: number): string {
  const [top, bottom] = [36, 112]
  const most = Math.max(...points.map(point => point.value))
  const at = points.map(({ orders, value }, i) => ({
    x: 22 + (points.length === 1 ? 0 : (i / (points.length - 1)) * (span - 44)),
    y: bottom - (value / most) * (bottom - top),
    value,
    orders,
  }))
  const line = at.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')
  const marks = at.map(
    ({ x, y, value, orders }) =>
      `<circle class="point" cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3"/>` +
      text(x, y - 8, formatValue(value, unit), 'quiet', 'middle') +
      text(x, bottom + 16, shortCount(orders), 'quiet', 'middle'),
  )
  return [
    text(0, 12, name),
    `<line class="axis" x1="0" y1="${bottom}" x2="${span}" y2="${bottom}"/>`,
    `<polyline class="line" points="${line}"/>`,
    ...marks,
  ].join('')
}

function shortCount(orders: number): string {
  if (orders >= 1e6) return `${orders / 1e6} M`
  return orders >= 1e3 ? `${orders / 1e3} k` : String(orders)
}

function text(x: number, y: number, words: string, className = '', anchor = 'start'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" class="${className}" text-anchor="${anchor}">${escaped(words)}</text>`
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
