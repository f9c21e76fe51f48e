// `waybill orders`: lists orders.
import type { OrderState } from '@waybill/sdk'
import { defineCommand } from '../command.ts'
import { wholeNumber } from '../read-number.ts'
import { readableMoney } from '../readable.ts'
import { drawTable } from '../table.ts'

interface Options {
  state?: OrderState
  limit?: number
  everybody?: boolean
  user?: string
}

export const command = defineCommand<Options>({
  description: 'Your own orders; an operator may see those of others.',
  options: [
    {
      flags: '--state <state>',
      description: 'only those in this state',
      choices: ['created', 'confirmed', 'delivered', 'cancelled'],
    },
    { flags: '--limit <n>', description: 'how many, 1-1000 (default: 20)', parse: wholeNumber('--limit', 1, 1_000) },
    { flags: '--everybody', description: 'operators: the orders of all users' },
    { flags: '--user <id>', description: 'operators: the orders of this user' },
  ],
  examples: [
    { what: 'The newest orders', line: 'waybill orders' },
    { what: 'What was delivered, as JSON', line: 'waybill orders --state delivered --limit 5 --json' },
  ],
  async run({ options, terminal, session }) {
    const { state, limit = 20, everybody, user } = options
    const filters = { state, limit: Math.min(limit, 100), all: everybody, user_id: user }
    const orders = await session.client.orders.list(filters).take(limit)
    await terminal.result(orders, () => {
      if (orders.length === 0) return 'no orders: waybill order airports places one'
      const rows = orders.map(order => [
        order.id,
        order.cancel_reason === null ? order.state : `${order.state} (${order.cancel_reason})`,
        readableMoney(order.amount, order.currency),
        order.process_id,
        order.created_at,
        order.items.map(({ dataset, format }) => `${dataset}:${format}`).join(' '),
      ])
      return drawTable(['ORDER', 'STATE', 'PRICE', 'PROCESS', 'ORDERED', 'DATASETS'], rows, terminal.width)
    })
  },
})
