// What the customers of a run order: the n-th order is always the same for a seed, and so is what becomes of it if nothing goes wrong.
import type { ExportFormat } from '@waybill/contracts'
import type { Position } from './saga-positions.ts'
import { type Random, seededRandom } from './seeded-random.ts'

export interface PlannedOrder {
  number: number
  customer: number
  items: { dataset: string; format: ExportFormat }[]
  /** What the mock gateway is told; undefined lets it decide at random. */
  token: string | undefined
  mode: 'now' | 'later'
  /** Milliseconds after it was accepted; undefined for never. */
  payAfter: number | undefined
  cancelAfter: number | undefined
  /** Sent until it is answered, and then so often again. Without a key it is sent once, whatever happens. */
  keyed: boolean
  repeats: number
  callback: boolean
}

export const customers = 4
export const largeDataset = 'ledger'
export const missingDataset = 'no-such-dataset'
/** Laid out by Waybill itself, but the large one, which the suite adds. */
export const datasets = ['airports', 'cars', 'movies', 'penguins', 'stocks', 'weather', largeDataset] as const
const smallDatasets = datasets.filter(dataset => dataset !== largeDataset)
export const formats: ExportFormat[] = ['ndjson', 'csv']

export function planOrder(seed: number, number: number): PlannedOrder {
  const random = seededRandom(seed, `order ${number}`)
  const later = random.chance(0.12)
  return {
    number,
    customer: random.between(0, customers - 1),
    items: planItems(random),
    token: random.oneOf([
      ...['tok_approve', 'tok_approve', 'tok_approve', 'tok_approve', 'tok_approve'],
      ...['tok_decline', 'tok_slow', 'tok_outage', 'tok_lost', undefined],
    ]),
    mode: later ? 'later' : 'now',
    payAfter: later && random.chance(0.8) ? random.between(0, 1_500) : undefined,
    cancelAfter: random.chance(0.15) ? random.between(0, 60) : undefined,
    keyed: random.chance(0.7),
    repeats: random.chance(0.2) ? random.between(1, 3) : 0,
    callback: random.chance(0.3),
  }
}

function planItems(random: Random): PlannedOrder['items'] {
  if (random.chance(0.08)) return [{ dataset: missingDataset, format: 'ndjson' }]
  if (random.chance(0.02)) return [{ dataset: largeDataset, format: random.oneOf(formats) }]
  const count = random.chance(0.2) ? random.between(2, 3) : 1
  return random
    .shuffled(smallDatasets)
    .slice(0, count)
    .map(dataset => ({ dataset, format: random.oneOf(formats) }))
}

/** An order that passes through a position, soon and surely. */
export function orderPassing(way: Position['passedBy'], seed: number, number: number): PlannedOrder {
  const plain: PlannedOrder = {
    ...planOrder(seed, number),
    items: [{ dataset: 'penguins', format: 'ndjson' }],
    token: 'tok_approve',
    mode: 'now',
    payAfter: undefined,
    cancelAfter: undefined,
    callback: true,
  }
  switch (way) {
    case 'approved':
      return plain
    case 'declined':
      return { ...plain, token: 'tok_decline' }
    case 'cancelled':
      return { ...plain, cancelAfter: 0 }
    case 'slow':
      return { ...plain, token: 'tok_slow' }
    case 'lost':
      return { ...plain, token: 'tok_lost' }
    case 'outage':
      return { ...plain, token: 'tok_outage' }
    case 'large':
      return { ...plain, items: [{ dataset: largeDataset, format: 'ndjson' }] }
    case 'broken':
      return { ...plain, items: [{ dataset: missingDataset, format: 'ndjson' }] }
    case 'later':
      return { ...plain, mode: 'later', payAfter: 0 }
  }
}

/** Nothing in it has to wait by design, as for a gateway that is slow or out of order: it moves whenever it can. */
export function movesWithoutPause({ token, mode, items }: PlannedOrder): boolean {
  const quickToken = token === undefined || token === 'tok_approve' || token === 'tok_decline'
  return quickToken && mode === 'now' && items.every(({ dataset }) => dataset !== largeDataset)
}
