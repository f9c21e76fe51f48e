// `waybill payments`: lists payments, with every attempt at the gateway.
import { defineCommand } from '../command.ts'
import { orderIdOf } from '../newest.ts'
import { wholeNumber } from '../read-number.ts'
import { readableMoney } from '../readable.ts'
import { drawTable } from '../table.ts'

interface Options {
  order?: string
  limit?: number
  everybody?: boolean
  user?: string
}

export const command = defineCommand<Options>({
  description:
    'Your own payments, newest first; an operator may see those of others. --json shows every attempt in full.',
  options: [
    { flags: '--order <id>', description: 'of this order, or "last"' },
    { flags: '--limit <n>', description: 'how many, 1-1000 (default: 20)', parse: wholeNumber('--limit', 1, 1_000) },
    { flags: '--everybody', description: 'operators: the payments of all users' },
    { flags: '--user <id>', description: 'operators: the payments of this user' },
  ],
  examples: [{ what: 'What was paid', line: 'waybill payments' }],
  async run({ options, terminal, session }) {
    const { order, limit = 20, everybody, user } = options
    const order_id = order === undefined ? undefined : await orderIdOf(order, session)
    const filters = { order_id, limit: Math.min(limit, 100), all: everybody, user_id: user }
    const payments = await session.client.payments.list(filters).take(limit)
    await terminal.result(payments, () => {
      const rows = payments.map(payment => [
        payment.id,
        payment.decline_code === null ? payment.state : `${payment.state} (${payment.decline_code})`,
        readableMoney(payment.amount, payment.currency),
        payment.order_id,
        payment.created_at,
        payment.attempts.map(({ operation, outcome }) => `${operation} ${outcome}`).join(', '),
      ])
      return drawTable(['PAYMENT', 'STATE', 'AMOUNT', 'ORDER', 'OPENED', 'ATTEMPTS'], rows, terminal.width)
    })
  },
})
