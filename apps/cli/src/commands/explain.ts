// `waybill explain`: draws where an order is, why, what happens next, what may be done now, and its story.
import { defineCommand } from '../command.ts'
import { followStory } from '../follow-story.ts'
import { idOrLast, orderIdOf } from '../newest.ts'
import { drawStory } from '../story-tree.ts'

interface Options {
  watch?: boolean
}

export const command = defineCommand<Options>({
  description:
    'A tree of what each service did, oldest first: transitions, payment attempts, exports, callbacks and messages; what fails, when it is tried again, and the commands that may be typed now.',
  arguments: [{ name: 'order-id', ...idOrLast }],
  options: [
    {
      flags: '-w, --watch',
      description: 'draw it anew at every change until nothing more will happen; piped: a line for each step',
    },
  ],
  examples: [
    { what: 'What happened to the newest order', line: 'waybill explain last' },
    { what: 'Look on', line: 'waybill order airports --token tok_outage && waybill explain last --watch' },
  ],
  async run({ args, options, terminal, session }) {
    const orderId = await orderIdOf(args[0]!, session)
    if (options.watch) return followStory(orderId, session, terminal)
    const explanation = await session.client.orders.explain(orderId)
    await terminal.result(explanation, () => drawStory(explanation, terminal, Date.now()))
  },
})
