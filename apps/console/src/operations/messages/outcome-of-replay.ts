// What came of a replay. The letter leaves the list while it is tried, and comes back when it failed again.
import type { DeadLetter, Waybill } from '@waybill/sdk'

export type Outcome = { kind: 'handled' } | { kind: 'failed'; tries: number; at: string }

const lookMilliseconds = 400
/** Away for as long as this, it is handled: a failed try is back sooner. */
const awayMilliseconds = 2_500
const patienceMilliseconds = 20_000

export async function outcomeOfReplay({ desk }: Pick<Waybill, 'desk'>, letter: DeadLetter): Promise<Outcome> {
  const begun = performance.now()
  let goneSince: number | undefined
  while (performance.now() - begun < patienceMilliseconds) {
    await new Promise(resolve => setTimeout(resolve, lookMilliseconds))
    const found = await findLetter({ desk }, letter)
    if (found && found.tries > letter.tries) return { kind: 'failed', tries: found.tries, at: found.updated_at }
    if (found) goneSince = undefined
    else goneSince ??= performance.now()
    if (goneSince !== undefined && performance.now() - goneSince >= awayMilliseconds) return { kind: 'handled' }
  }
  throw new Error('It is not known yet what came of it. Look at the list again in a moment.')
}

/** Letters come newest first: one that is not there stands on none of the pages up to its own time. */
async function findLetter(
  { desk }: Pick<Waybill, 'desk'>,
  { id, service }: DeadLetter,
): Promise<DeadLetter | undefined> {
  const hosted = service as NonNullable<Parameters<typeof desk.deadLetters>[0]>['service']
  for await (const found of desk.deadLetters({ service: hosted, limit: 100 })) {
    if (found.id === id) return found
    // Ids are made in the order of time (UUIDv7).
    if (found.id < id) return undefined
  }
  return undefined
}
