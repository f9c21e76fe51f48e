// Draws an asciicast as an SVG that plays: what a terminal shows on each line, for as long as it shows it. Needs no script.
import xterm, { type IBufferLine, type Terminal } from '@xterm/headless'

interface Recording {
  width: number
  height: number
  events: [seconds: number, kind: string, text: string][]
}

/** One line of the screen, while it stays as it is. */
interface Shown {
  row: number
  /** SVG of its text. */
  text: string
  from: number
  /** Undefined where it stays to the end. */
  to?: number
}

const column = 8.4
const line = 19
const margin = 16
/** Nobody likes to wait for others; at the end there is time to read. */
const longestPauseSeconds = 1.2
const endSeconds = 6

export async function terminalPicture(cast: string): Promise<string> {
  const recording = readCast(cast)
  const { shown, seconds, rows } = await play(recording)
  const [width, height] = [Math.ceil(recording.width * column + 2 * margin), rows * line + 2 * margin]
  const texts = shown.map(({ row, text }, at) => {
    const y = margin + row * line + 14
    return `<text y="${y}" class="l${at}">${text}</text>`
  })
  const styles = shown.map((it, at) => `.l${at}{${animation(it, at, seconds)}}`)
  const frames = shown.map((it, at) => keyframes(it, at, seconds)).filter(Boolean)
  const passing = shown.map((it, at) => (it.to === undefined ? '' : `.l${at}`)).filter(Boolean)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>A terminal: waybill registers, shows data, orders an export and downloads it</title>
<style>
  rect { fill: #f6f8fa; stroke: #d0d7de; }
  text { fill: #1f2328; font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre; }
  .b { font-weight: bold; }
  .d { opacity: 0.6; }
  .p { fill: #0969da; }
  @media (prefers-color-scheme: dark) { rect { fill: #0d1117; stroke: #30363d; } text { fill: #e6edf3; } .p { fill: #58a6ff; } }
  ${frames.join('\n  ')}
  @media (prefers-reduced-motion: no-preference) {
    ${styles.join('\n    ')}
  }
  @media (prefers-reduced-motion: reduce) { ${passing.join(', ')} { visibility: hidden; } }
</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" />
${texts.join('\n')}
</svg>
`
}

function readCast(cast: string): Recording {
  const [header, ...events] = cast
    .trimEnd()
    .split('\n')
    .map(text => JSON.parse(text))
  return { width: header.width, height: header.height, events }
}

async function play({ width, height, events }: Recording) {
  const terminal = new xterm.Terminal({ cols: width, rows: height, allowProposedApi: true })
  const shown: Shown[] = []
  const standing: (Shown | undefined)[] = []
  let now = 0
  let before = 0
  let rows = 0
  for (const [seconds, kind, text] of events) {
    if (kind !== 'o') continue
    now += Math.min(seconds - before, longestPauseSeconds)
    before = seconds
    await new Promise<void>(resolve => terminal.write(text, resolve))
    if (terminal.buffer.active.baseY > 0)
      throw new Error(`the recording is longer than ${height} lines: make it higher`)
    for (let row = 0; row < height; row++) {
      const drawn = drawLine(terminal, row)
      if (drawn === (standing[row]?.text ?? '')) continue
      const gone = standing[row]
      if (gone) gone.to = now
      const came = drawn === '' ? undefined : { row, text: drawn, from: now }
      if (came) shown.push(came)
      standing[row] = came
      rows = Math.max(rows, row + 1)
    }
  }
  // What was there for no time at all was never seen.
  return { shown: shown.filter(({ from, to }) => to !== from), seconds: now + endSeconds, rows }
}

/** Runs of cells that look alike. */
function drawLine(terminal: Terminal, row: number): string {
  const cells = terminal.buffer.active.getLine(row)!
  const length = cells.translateToString(true).length
  const runs: { look: string; text: string; at: number }[] = []
  for (let at = 0; at < length; at++) {
    const cell = cells.getCell(at)!
    const look = lookOf(cells, at, cell.isBold() !== 0, cell.isDim() !== 0)
    const text = cell.getChars() || ' '
    const last = runs.at(-1)
    if (last?.look === look) last.text += text
    else runs.push({ look, text, at })
  }
  return runs
    .map(({ look, text, at }) => {
      const place = `x="${round(margin + at * column)}" textLength="${round([...text].length * column)}"`
      return `<tspan ${place}${look ? ` class="${look}"` : ''}>${escaped(text)}</tspan>`
    })
    .join('')
}

function lookOf(cells: IBufferLine, at: number, isBold: boolean, isDim: boolean): string {
  const isTyped = cells.translateToString(true).startsWith('$ ')
  if (isTyped) return at < 2 ? 'p' : 'b'
  return [isBold ? 'b' : '', isDim ? 'd' : ''].filter(Boolean).join(' ')
}

function animation({ from, to }: Shown, at: number, seconds: number): string {
  return from === 0 && to === undefined ? '' : `animation: k${at} ${round(seconds)}s step-end infinite`
}

function keyframes({ from, to }: Shown, at: number, seconds: number): string {
  if (from === 0 && to === undefined) return ''
  const percent = (time: number) => `${Math.round((time / seconds) * 100_000) / 1_000}%`
  const appear = from === 0 ? '' : `0%{visibility:hidden}`
  const leave = to === undefined ? '' : `${percent(to)}{visibility:hidden}`
  return `@keyframes k${at}{${appear}${percent(from)}{visibility:visible}${leave}}`
}

const round = (value: number) => Math.round(value * 100) / 100
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
