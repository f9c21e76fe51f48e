// `waybill watch`: follows a process to its end.
import { defineCommand } from '../command.ts'
import { followProcess } from '../follow-process.ts'
import { idOrLast, processIdOf } from '../newest.ts'

export const command = defineCommand({
  description:
    'A bar with percentage and time left on a terminal, a line for each change elsewhere. Ends with 0 when the data is delivered, and with 1 when it is not.',
  arguments: [{ name: 'process-id', ...idOrLast }],
  examples: [
    { what: 'Follow the newest order', line: 'waybill order airports --token tok_approve && waybill watch last' },
    { what: 'Every change as JSON', line: 'waybill watch last --json' },
  ],
  async run({ args, terminal, session }) {
    await followProcess(await processIdOf(args[0]!, session), session, terminal)
  },
})
