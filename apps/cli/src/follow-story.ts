// Follows the story of an order: a tree that is drawn anew in its place on a terminal, a line for each step elsewhere.
import type { Explanation } from '@waybill/sdk'
import type { Session } from './session.ts'
import { drawEntry, drawStoryToFit } from './story-tree.ts'
import { printable, type Terminal } from './terminal.ts'

/** How often the seconds to the next try are counted down. */
const secondMilliseconds = 1_000

/** Ends when nothing more will happen to the order; with --json each change is a line. */
export async function followStory(orderId: string, { client }: Session, terminal: Terminal): Promise<void> {
  const story = client.orders.watchExplanation(orderId)
  if (terminal.json) for await (const explanation of story) await terminal.print(JSON.stringify(explanation))
  else if (terminal.isInteractive && terminal.size().rows > 0) await drawInPlace(story, terminal)
  else await tellLines(story, terminal)
}

async function drawInPlace(story: AsyncIterable<Explanation>, terminal: Terminal): Promise<void> {
  const { default: logUpdate } = await import('log-update')
  let last: Explanation | undefined
  const draw = () => last && logUpdate(drawStoryToFit(last, terminal, Date.now()).join('\n'))
  const counting = setInterval(draw, secondMilliseconds)
  try {
    for await (const explanation of story) {
      last = explanation
      draw()
    }
  } finally {
    clearInterval(counting)
    logUpdate.done()
  }
}

async function tellLines(story: AsyncIterable<Explanation>, terminal: Terminal): Promise<void> {
  const told = new Set<string>()
  const tell = async (line: string) => {
    if (told.has(line)) return
    told.add(line)
    await terminal.print(line)
  }
  let before = ''
  for await (const { summary, next, entries } of story) {
    for (const entry of entries) await tell(`${printable(entry.service)}  ${drawEntry(entry, entries, terminal)}`)
    const place = `${printable(summary)} Next: ${printable(next)}`
    if (place !== before) await terminal.print(place)
    before = place
  }
}
