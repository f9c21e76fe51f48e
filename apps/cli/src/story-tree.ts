// Draws the story of an order as a tree: the order, who had it in hand, and what they did.
import type { Explanation } from '@waybill/sdk'
import { printable, type Terminal } from './terminal.ts'

type Entry = Explanation['entries'][number]

/** Lines: what it is about, then a branch for each time that a service took over, oldest first, with the seconds since the order was placed. */
export function drawStory({ order_id, summary, next, entries }: Explanation, { style }: Terminal): string[] {
  const stages = stagesOf(entries)
  const begin = Date.parse(entries[0]?.at ?? '')
  const tree = stages.flatMap((stage, at) => {
    const isLast = at === stages.length - 1
    const stem = isLast ? '   ' : '│  '
    return [
      `${isLast ? '└─' : '├─'} ${style('bold', printable(stage[0]!.service))}`,
      ...stage.map((entry, at) => {
        const after = style('dim', `+${((Date.parse(entry.at) - begin) / 1_000).toFixed(3)} s`)
        return `${stem}${at === stage.length - 1 ? '└─' : '├─'} ${after}  ${printable(entry.text)}`
      }),
    ]
  })
  return [
    `${style('bold', 'Order')} ${printable(order_id)}`,
    printable(summary),
    `${style('bold', 'Next:')} ${printable(next)}`,
    ...(entries.length > 0 ? [`Since ${printable(entries[0]!.at)}:`] : []),
    ...tree,
  ]
}

/** Entries that follow each other in one service. */
function stagesOf(entries: Entry[]): Entry[][] {
  const stages: Entry[][] = []
  for (const entry of entries) {
    if (stages.at(-1)?.[0]?.service === entry.service) stages.at(-1)!.push(entry)
    else stages.push([entry])
  }
  return stages
}
