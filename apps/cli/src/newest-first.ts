// Lists that grow: how much of one is asked for, and a word where there is more.
import type { Pages } from '@waybill/sdk'
import type { Option } from './command.ts'
import { UsageError } from './failures.ts'
import type { Terminal } from './terminal.ts'

const shownUnlessAsked = 20
const mostAsked = 1_000_000
const mostInOnePage = 100

/** Its value is a number; `all` is one without end. */
export const limitOption: Option = {
  flags: '--limit <n>',
  description: `how many, or "all" (default: ${shownUnlessAsked})`,
  parse(text) {
    if (text === 'all') return Number.POSITIVE_INFINITY
    const value = /^\d+$/.test(text) ? Number(text) : 0
    if (value >= 1 && value <= mostAsked) return value
    throw new UsageError(
      `--limit must be a whole number from 1 to ${mostAsked}, or all, and ${text} is neither`,
      '--limit 50',
    )
  },
}

/** Asks for the first `limit` items of the list that `open` makes, and notes it where nobody set a limit and there are more. */
export async function takeFirst<T>(
  open: (page: { limit: number }) => Pages<T, unknown>,
  limit: number | undefined,
  terminal: Pick<Terminal, 'note'>,
): Promise<T[]> {
  const wanted = limit ?? shownUnlessAsked
  // One more than is shown tells whether there are more.
  const found = await open({ limit: Math.min(wanted + 1, mostInOnePage) }).take(wanted + 1)
  if (limit === undefined && found.length > wanted) terminal.note(`the first ${wanted}; --limit shows more`)
  return found.slice(0, wanted)
}
