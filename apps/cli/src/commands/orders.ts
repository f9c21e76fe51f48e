// `waybill orders`: lists orders, or shows one with its transitions.
import type { Order, OrderState, OrderTransition } from '@waybill/sdk'
import { defineCommand } from '../command.ts'
import { idOrLast, orderIdOf } from '../newest.ts'
import { limitOption, takeFirst } from '../newest-first.ts'
import { readableMoney } from '../readable.ts'
import { drawFacts, drawTable } from '../table.ts'
import { type WhoseOptions, whoseFilter, whoseOptions } from '../whose.ts'

interface Options extends WhoseOptions {
  state?: OrderState
  limit?: number
}

export const command = defineCommand<Options>({
  description:
    'Your own orders; an operator may see those of others. With an id: that order, and every change of its state.',
  arguments: [{ name: 'order-id', ...idOrLast, optional: true }],
  options: [
    {
      flags: '--state <state>',
      description: 'only those in this state',
      choices: ['created', 'confirmed', 'delivered', 'cancelled'],
    },
    limitOption,
    ...whoseOptions('orders'),
  ],
  examples: [
    { what: 'The newest orders', line: 'waybill orders' },
    { what: 'One of them, and how its state changed', line: 'waybill orders last' },
    { what: 'What was delivered, as JSON', line: 'waybill orders --state delivered --limit 5 --json' },
    { what: 'Operators: what waits to be paid, of all users', line: 'waybill orders --everybody --state created' },
  ],
  async run({ args, options, terminal, session }) {
    const { orders } = session.client
    if (args[0] !== undefined) {
      const id = await orderIdOf(args[0], session)
      const [order, history] = await Promise.all([orders.get(id), orders.history(id)])
      return terminal.result({ ...order, history }, () => drawOrder(order, history, terminal.width))
    }
    const { state, limit } = options
    const found = await takeFirst(page => orders.list({ state, ...whoseFilter(options), ...page }), limit, terminal)
    await terminal.result(found, () => {
      if (found.length === 0) return 'no orders: waybill order airports places one'
      const rows = found.map(order => [
        order.id,
        stateOf(order),
        readableMoney(order.amount, order.currency),
        order.process_id,
        order.created_at,
        itemsOf(order),
        ...(options.everybody ? [order.user_id] : []),
      ])
      const heads = [
        'ORDER',
        'STATE',
        'PRICE',
        'PROCESS',
        'ORDERED',
        'DATASETS',
        ...(options.everybody ? ['USER'] : []),
      ]
      return drawTable(heads, rows, terminal.width)
    })
  },
})

const stateOf = ({ state, cancel_reason }: Order) => (cancel_reason === null ? state : `${state} (${cancel_reason})`)
const itemsOf = ({ items }: Order) => items.map(({ dataset, format }) => `${dataset}:${format}`).join(' ')

function drawOrder(order: Order, history: OrderTransition[], width: number): string[] {
  const rows = history.map(it => [it.at, it.from ?? '-', it.to, it.reason ?? '', it.request_id ?? ''])
  return [
    ...drawFacts({
      order: order.id,
      state: stateOf(order),
      datasets: itemsOf(order),
      cloud: order.cloud,
      price: `${readableMoney(order.amount, order.currency)}, to be paid ${order.payment_mode}`,
      process: order.process_id,
      user: order.user_id,
      ordered: order.created_at,
      changed: `${order.updated_at}, version ${order.version}`,
    }),
    '',
    ...drawTable(['AT', 'FROM', 'TO', 'REASON', 'REQUEST'], rows, width),
  ]
}
