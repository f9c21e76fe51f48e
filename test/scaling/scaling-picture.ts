// The simulated day as a picture: what came, how many processes there were, how long orders waited. Plain SVG, in the reader's light or dark colours.
import { hourOf } from './days-load.ts'
import type { SimulatedDay, Step } from './simulation.ts'

const size = { width: 860, left: 60, right: 24, panel: 130, gap: 52, top: 40 }
/** Points of a line: a day has more steps than the picture has columns. */
const stepsEach = 48

const style = `
  .page { fill: #ffffff } text { font: 12px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600 }
  .quiet { fill: #57606a; font-size: 11px } .axis { stroke: #d0d7de } path { fill: none; stroke-width: 1.5 }
  .line0 { stroke: #0969da } .line1 { stroke: #bf3989 } .line2 { stroke: #1a7f37 } .line3 { stroke: #9a6700 }
  .key0 { fill: #0969da } .key1 { fill: #bf3989 } .key2 { fill: #1a7f37 } .key3 { fill: #9a6700 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } text { fill: #e6edf3 } .quiet { fill: #9198a1 } .axis { stroke: #3d444d }
    .line0 { stroke: #4493f8 } .line1 { stroke: #db61a2 } .line2 { stroke: #3fb950 } .line3 { stroke: #d29922 }
    .key0 { fill: #4493f8 } .key1 { fill: #db61a2 } .key2 { fill: #3fb950 } .key3 { fill: #d29922 }
  }`

interface Panel {
  title: string
  lines: number[][]
}

export function drawScaling(days: SimulatedDay[], unit: 'Processes' | 'Instances'): string {
  const of = (read: (step: Step) => number) => days.map(({ steps }) => coarse(steps.map(read)))
  const panels: Panel[] = [
    { title: 'Orders a second', lines: of(step => step.ordersPerSecond).slice(0, 1) },
    { title: unit, lines: of(step => step.processes) },
    { title: 'Seconds that an order waits', lines: of(step => step.waitSeconds) },
  ]
  const height = size.top + panels.length * (size.panel + size.gap)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${height}" width="${size.width}" height="${height}" role="img" aria-label="A simulated day: orders a second, ${unit.toLowerCase()} of each part, and how long orders wait">`,
    `<style>${style}</style>`,
    '<rect class="page" width="100%" height="100%"/>',
    ...days.map(({ rule }, at) => `<text class="key${at}" x="${size.left + at * 110}" y="18">${rule.part}</text>`),
    ...panels.map(
      (panel, at) => `<g transform="translate(0 ${size.top + at * (size.panel + size.gap)})">${draw(panel)}</g>`,
    ),
    '</svg>',
    '',
  ].join('\n')
}

/** The largest of each few: a short wait is not to vanish. */
function coarse(values: number[]): number[] {
  return Array.from({ length: Math.ceil(values.length / stepsEach) }, (_, at) =>
    Math.max(...values.slice(at * stepsEach, (at + 1) * stepsEach)),
  )
}

function draw({ title, lines }: Panel): string {
  const most = Math.max(...lines.flat(), 1)
  const span = size.width - size.left - size.right
  const x = (at: number) => size.left + (hourOf(at * stepsEach) / 24) * span
  const y = (value: number) => 14 + size.panel - (value / most) * size.panel
  const path = (values: number[]) =>
    values.map((value, at) => `${at === 0 ? 'M' : 'L'}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join('')
  const hours = [0, 3, 6, 9, 12, 15, 18, 21, 24]
  return [
    `<text class="title" x="${size.left}" y="6">${title}</text>`,
    `<text class="quiet" x="${size.left - 8}" y="20" text-anchor="end">${most < 10 ? most.toFixed(1) : Math.round(most)}</text>`,
    `<line class="axis" x1="${size.left}" y1="${y(0)}" x2="${size.width - size.right}" y2="${y(0)}"/>`,
    ...hours.map(hour => {
      const place = size.left + (hour / 24) * span
      return `<text class="quiet" x="${place.toFixed(1)}" y="${y(0) + 15}" text-anchor="middle">${hour}:00</text>`
    }),
    ...lines.map((values, at) => `<path class="line${at}" d="${path(values)}"/>`),
  ].join('')
}
