// `waybill refund`: lets an operator give money back.
import { defineCommand } from '../command.ts'
import { wholeNumber } from '../read-number.ts'
import { readableMoney } from '../readable.ts'

interface Options {
  amount?: number
  reason?: string
}

export const command = defineCommand<Options>({
  description:
    'Never more than was captured. `waybill payments --everybody --state captured` lists payments that may be given back.',
  arguments: [{ name: 'payment-id', description: 'the payment' }],
  options: [
    {
      flags: '--amount <n>',
      description: 'in minor units (default: all that is left)',
      parse: wholeNumber('--amount', 1, 1e12),
    },
    { flags: '--reason <text>', description: 'why (default: refunded by the operator)' },
  ],
  examples: [
    {
      what: 'Give one unit of the newest captured payment back',
      line: `waybill refund $(waybill payments --everybody --state captured --limit 1 | grep -oE '^[0-9a-f-]{36}') --amount 1 --reason "a mistake of ours"`,
    },
  ],
  async run({ args, options, terminal, session }) {
    const { amount, reason = 'refunded by the operator' } = options
    const payment = await session.client.payments.refund(args[0]!, { amount, reason })
    await terminal.result(payment, () => {
      const [back, all] = [payment.refunded_amount, payment.amount].map(it => readableMoney(it, payment.currency))
      return `payment ${payment.id}: ${back} of ${all} given back`
    })
  },
})
