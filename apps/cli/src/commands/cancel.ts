// `waybill cancel`: cancels an order.
import { defineCommand } from '../command.ts'
import { idOrLast, orderIdOf } from '../newest.ts'

export const command = defineCommand({
  description: 'What was authorized is given back. An order that is delivered or cancelled already is refused.',
  arguments: [{ name: 'order-id', ...idOrLast }],
  examples: [{ what: 'Order, then think better of it', line: 'waybill order airports --later && waybill cancel last' }],
  async run({ args, terminal, session }) {
    const order = await session.client.orders.cancel(await orderIdOf(args[0]!, session))
    await terminal.result(order, () => `order ${order.id} is cancelled`)
  },
})
