// Draws the story of an order as a tree: where it is and what comes next, who had it in hand, what they did, and what may be typed now.
import type { Explanation, OrderAction, StepOutcome, StoryEntry } from '@waybill/sdk'
import stringWidth from 'string-width'
import { readableDuration } from './readable.ts'
import { printable, type Terminal } from './terminal.ts'

type Styling = Pick<Terminal, 'style'>

const signs: Record<StepOutcome, [sign: string, colour: 'green' | 'red' | 'yellow' | 'cyan']> = {
  done: ['✓', 'green'],
  failed: ['✗', 'red'],
  waiting: ['…', 'yellow'],
  running: ['●', 'cyan'],
}

/** Lines; a branch for each time that a service took over, oldest first, with the seconds since the order was placed. `now`: epoch ms. */
export function drawStory(explanation: Explanation, { style }: Styling, now: number): string[] {
  const { order_id, summary, next, entries } = explanation
  const stages = stagesOf(entries)
  const tree = stages.flatMap((stage, at) => {
    const isLast = at === stages.length - 1
    const stem = isLast ? '   ' : '│  '
    return [
      `${isLast ? '└─' : '├─'} ${style('bold', printable(stage[0]!.service))}`,
      ...stage.map((entry, at) => {
        const branch = at === stage.length - 1 ? '└─' : '├─'
        return `${stem}${branch} ${drawEntry(entry, entries, { style })}`
      }),
    ]
  })
  return [
    `${style('bold', 'Order')} ${printable(order_id)}`,
    printable(summary),
    `${style('bold', 'Next:')} ${printable(next)}`,
    ...drawDue(explanation, { style }, now),
    ...(entries.length > 0 ? [`Since ${printable(entries[0]!.at)}:`] : []),
    ...tree,
    ...drawCommands(explanation, { style }),
  ]
}

/** The same for a screen of its own: where it is too long, the oldest steps give way. */
export function drawStoryToFit(
  explanation: Explanation,
  terminal: Pick<Terminal, 'style' | 'size'>,
  now: number,
): string[] {
  const { columns, rows } = terminal.size()
  const lines = drawStory(explanation, terminal, now)
  const rowsOf = (line: string) => Math.max(1, Math.ceil(stringWidth(line) / columns))
  const first = lines.findIndex(line => line.startsWith('Since ')) + 1
  const dropped = `│  ${terminal.style('dim', '⋮ earlier steps')}`
  // A row is the cursor's.
  let over = lines.reduce((sum, line) => sum + rowsOf(line), 1) - rows
  if (over <= 0 || first === 0) return lines
  over += 1
  let kept = first
  while (over > 0 && kept < lines.length - 1) over -= rowsOf(lines[kept++]!)
  return [...lines.slice(0, first), dropped, ...lines.slice(kept)]
}

/** `✗ +1.020 s  authorizing 1.00 USD at gateway mock failed`. */
export function drawEntry(entry: StoryEntry, [first]: StoryEntry[], { style }: Styling): string {
  const [sign, colour] = signs[entry.outcome]
  const after = style('dim', `+${((Date.parse(entry.at) - Date.parse(first!.at)) / 1_000).toFixed(3)} s`)
  return `${style(colour, sign)} ${after}  ${printable(entry.text)}`
}

function drawDue({ next_at, deadline }: Explanation, { style }: Styling, now: number): string[] {
  if (next_at === null) return []
  const seconds = Math.ceil((Date.parse(next_at) - now) / 1_000)
  const what = next_at === deadline ? 'Cancelled' : 'Due'
  return [style('yellow', seconds > 0 ? `${what} in ${readableDuration(seconds)}.` : `${what} now.`)]
}

function drawCommands({ order_id, actions }: Explanation, { style }: Styling): string[] {
  if (actions.length === 0) return []
  const lines = actions.map(action => ({ line: commandFor(action, order_id), label: action.label.toLowerCase() }))
  const width = Math.max(...lines.map(({ line }) => line.length))
  return [
    style('bold', 'What you may do now:'),
    ...lines.map(({ line, label }) => `  ${line.padEnd(width)}  ${style('dim', `# ${label}`)}`),
  ]
}

/** What is typed for what the API calls an action; a newer server may know more of them. */
function commandFor({ name, verb, path }: OrderAction, orderId: string): string {
  switch (name) {
    case 'try_now':
      return `waybill retry ${orderId}`
    case 'pay':
      return `waybill pay ${orderId}`
    case 'cancel':
      return `waybill cancel ${orderId}`
    case 'resend_callback':
      return `waybill callbacks ${path.split('/')[2]} --resend`
    case 'replay_dead_letter':
      return `waybill retry ${orderId} --dead-letters`
    default:
      return `${verb} ${path}`
  }
}

/** Entries that follow each other in one service. */
function stagesOf(entries: StoryEntry[]): StoryEntry[][] {
  const stages: StoryEntry[][] = []
  for (const entry of entries) {
    if (stages.at(-1)?.[0]?.service === entry.service) stages.at(-1)!.push(entry)
    else stages.push([entry])
  }
  return stages
}
