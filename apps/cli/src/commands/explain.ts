// `waybill explain`: draws where an order is, why, what happens next, and its story.
import { defineCommand } from '../command.ts'
import { lastDescription, orderIdOf } from '../newest.ts'
import { drawStory } from '../story-tree.ts'

export const command = defineCommand({
  description: 'A tree of what each service did, oldest first: transitions, payment attempts, exports and callbacks.',
  arguments: [{ name: 'order-id', description: lastDescription }],
  examples: [{ what: 'What happened to the newest order', line: 'waybill explain last' }],
  async run({ args, terminal, session }) {
    const explanation = await session.client.orders.explain(await orderIdOf(args[0]!, session))
    await terminal.result(explanation, () => drawStory(explanation, terminal))
  },
})
