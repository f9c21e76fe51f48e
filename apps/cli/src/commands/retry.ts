// `waybill retry`: tries now what waits to be tried again about an order.
import { defineCommand } from '../command.ts'
import { idOrLast, orderIdOf } from '../newest.ts'

interface Options {
  deadLetters?: boolean
}

export const command = defineCommand<Options>({
  description:
    'Payment, export, callback and messages: whatever waits for its next try is tried at once. The tries are counted as before, and 5 s must lie between two of these. `waybill explain` shows what waits.',
  arguments: [{ name: 'order-id', ...idOrLast }],
  options: [
    {
      flags: '--dead-letters',
      description: 'operators: hand the messages that were given up to their handlers once more, instead',
    },
  ],
  examples: [
    {
      what: 'The answer of the gateway was lost: ask it now',
      line: 'waybill order airports --token tok_lost && sleep 1 && waybill retry last',
    },
  ],
  async run({ args, options, terminal, session }) {
    const { orders } = session.client
    const orderId = await orderIdOf(args[0]!, session)
    if (options.deadLetters) {
      const outcome = await orders.replay(orderId)
      return terminal.result(outcome, () =>
        outcome.replayed.map(it => `${it.event_type} is handed to the ${it.service} service once more`),
      )
    }
    const outcome = await orders.retry(orderId)
    await terminal.result(outcome, () =>
      outcome.hastened.map(({ service, work }) => `the ${service} service tries again now: ${work.join(', ')}`),
    )
  },
})
