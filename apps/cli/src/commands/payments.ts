// `waybill payments`: lists payments, or shows one with every attempt at the gateway.
import type { Payment, PaymentState } from '@waybill/sdk'
import { defineCommand } from '../command.ts'
import { idOrLast, orderIdOf } from '../newest.ts'
import { limitOption, takeFirst } from '../newest-first.ts'
import { readableMoney } from '../readable.ts'
import { drawFacts, drawTable } from '../table.ts'
import { type WhoseOptions, whoseFilter, whoseOptions } from '../whose.ts'

interface Options extends WhoseOptions {
  order?: string
  state?: PaymentState
  limit?: number
}

export const command = defineCommand<Options>({
  description:
    'Your own payments, newest first; an operator may see those of others. With an id: that payment, and every attempt at the gateway.',
  arguments: [
    {
      ...idOrLast,
      name: 'payment-id',
      description: 'a payment, or "last" for that of the newest order',
      optional: true,
    },
  ],
  options: [
    { flags: '--order <id>', description: 'of this order, or "last"' },
    {
      flags: '--state <state>',
      description: 'only those in this state',
      choices: ['pending', 'authorized', 'captured', 'declined', 'voided', 'refunded', 'unknown'],
    },
    limitOption,
    ...whoseOptions('payments'),
  ],
  examples: [
    { what: 'What was paid', line: 'waybill payments' },
    { what: 'The payment of the newest order, attempt by attempt', line: 'waybill payments last' },
    {
      what: 'One by its id: here the newest',
      line: `waybill payments $(waybill payments --limit 1 | grep -oE '^[0-9a-f-]{36}')`,
    },
    { what: 'Operators: what the gateways took, of all users', line: 'waybill payments --everybody --state captured' },
  ],
  async run({ args, options, terminal, session }) {
    const { payments } = session.client
    const { order, state, limit } = options
    const [id] = args
    if (id !== undefined) {
      const payment = await (id === 'last' ? payments.ofOrder(await orderIdOf('last', session)) : payments.get(id))
      return terminal.result(payment, () => drawPayment(payment, terminal.width))
    }
    const order_id = order === undefined ? undefined : await orderIdOf(order, session)
    const found = await takeFirst(
      page => payments.list({ order_id, state, ...whoseFilter(options), ...page }),
      limit,
      terminal,
    )
    await terminal.result(found, () => {
      if (found.length === 0) return 'no payments'
      const rows = found.map(payment => [
        payment.id,
        stateOf(payment),
        readableMoney(payment.amount, payment.currency),
        payment.order_id,
        payment.created_at,
        payment.attempts.map(({ operation, outcome }) => `${operation} ${outcome}`).join(', '),
      ])
      return drawTable(['PAYMENT', 'STATE', 'AMOUNT', 'ORDER', 'OPENED', 'ATTEMPTS'], rows, terminal.width)
    })
  },
})

const stateOf = ({ state, decline_code }: Payment) => (decline_code === null ? state : `${state} (${decline_code})`)

function drawPayment(payment: Payment, width: number): string[] {
  const { amount, currency, refunded_amount, attempts } = payment
  const rows = attempts.map(it => [
    it.at,
    it.operation,
    it.outcome,
    readableMoney(it.amount, currency),
    it.gateway_reference ?? '',
    it.error ?? '',
  ])
  return [
    ...drawFacts({
      payment: payment.id,
      order: payment.order_id,
      state: stateOf(payment),
      amount: readableMoney(amount, currency),
      'given back': refunded_amount > 0 ? readableMoney(refunded_amount, currency) : null,
      verdict: payment.verdict,
      gateway: payment.gateway,
      cloud: payment.cloud,
      user: payment.user_id,
      opened: payment.created_at,
      changed: payment.updated_at,
    }),
    '',
    ...(rows.length === 0
      ? ['no attempt at the gateway yet']
      : drawTable(['AT', 'OPERATION', 'OUTCOME', 'AMOUNT', 'REFERENCE', 'ERROR'], rows, width)),
  ]
}
