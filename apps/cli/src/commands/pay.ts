// `waybill pay`: pays for an order that was placed to be paid later.
import { paymentGateways } from '@waybill/sdk'
import { defineCommand } from '../command.ts'
import { followProcess } from '../follow-process.ts'
import { idOrLast, orderIdOf } from '../newest.ts'
import { readableMoney } from '../readable.ts'

interface Options {
  gateway?: string
  token?: string
  watch?: boolean
  idempotencyKey?: string
}

export const command = defineCommand<Options>({
  description:
    'Such an order is cancelled when it stays unpaid for too long, 30 minutes unless the server says otherwise.',
  arguments: [{ name: 'order-id', ...idOrLast }],
  options: [
    {
      flags: '--gateway <name>',
      description: "the payment gateway (default: the order's)",
      choices: paymentGateways,
    },
    {
      flags: '--token <token>',
      description: 'the payment token; mock: tok_approve, tok_decline, tok_slow, tok_outage, tok_lost',
    },
    { flags: '-w, --watch', description: 'follow the work to its end' },
    { flags: '--idempotency-key <key>', description: 'makes lines with the same key one payment' },
  ],
  examples: [
    {
      what: 'Order, pay, and follow the work',
      line: 'waybill order airports --later && waybill pay last --token tok_approve --watch',
    },
  ],
  async run({ args, options, terminal, session }) {
    const orderId = await orderIdOf(args[0]!, session)
    const { gateway, token, idempotencyKey } = options
    const payment = await session.client.payments.pay({ order_id: orderId, gateway, token }, { idempotencyKey })
    await terminal.result(payment, () => {
      const amount = readableMoney(payment.amount, payment.currency)
      return `payment ${payment.id} of ${amount} is on its way to gateway ${payment.gateway}`
    })
    if (!options.watch) return
    await followProcess((await session.client.orders.get(orderId)).process_id, session, terminal)
  },
})
