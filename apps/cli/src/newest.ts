// The word `last` stands for the newest order or process, so that nobody need copy an id.
import { Refusal } from './failures.ts'
import type { Session } from './session.ts'

/** Of the command's argument that is an id. */
export const idOrLast = { description: 'an id, or "last" for the newest', words: ['last'] }

export async function orderIdOf(word: string, { client }: Session): Promise<string> {
  return word === 'last' ? (await newestOrder(client)).id : word
}

export async function processIdOf(word: string, { client }: Session): Promise<string> {
  return word === 'last' ? (await newestOrder(client)).process_id : word
}

async function newestOrder(client: Session['client']) {
  const [newest] = await client.orders.list({ limit: 1 }).take(1)
  if (newest) return newest
  throw new Refusal('ORDER_NOT_FOUND', 'There is no order yet', 'place one: waybill order airports')
}
