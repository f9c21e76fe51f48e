// `waybill dead-letters`: lets operators see messages that could not be handled, and hand one over once more.
import type { ServiceName } from '@waybill/sdk'
import { defineCommand } from '../command.ts'
import { limitOption, takeFirst } from '../newest-first.ts'
import { serviceOption } from '../service-option.ts'
import { drawTable } from '../table.ts'

interface Options {
  replay?: string
  service?: ServiceName
  limit?: number
}

export const command = defineCommand<Options>({
  description:
    'Of the services that the process at this address hosts; --json shows the messages in full. Mend the cause first, then replay. `waybill retry <order-id> --dead-letters` replays those of an order, whichever services they lie in.',
  options: [
    { flags: '--replay <id>', description: 'hand this one to its handler once more' },
    serviceOption,
    limitOption,
  ],
  examples: [
    { what: 'What could not be handled', line: 'waybill dead-letters' },
    {
      what: 'Replay all of them',
      line: `for id in $(waybill dead-letters --limit all | grep -oE '^[0-9a-f-]{36}'); do waybill dead-letters --replay $id; done`,
    },
  ],
  async run({ options: { replay, service, limit }, terminal, session }) {
    const { desk } = session.client
    if (replay !== undefined) {
      const letter = await desk.replayDeadLetter(replay)
      return terminal.result(letter, () => `${letter.event_type} is handed to the ${letter.service} service once more`)
    }
    const letters = await takeFirst(page => desk.deadLetters({ service, ...page }), limit, terminal)
    await terminal.result(letters, () => {
      if (letters.length === 0) return 'none'
      const rows = letters.map(it => [it.id, it.service, it.event_type, String(it.tries), it.error, it.updated_at])
      return drawTable(['ID', 'SERVICE', 'EVENT', 'TRIES', 'ERROR', 'LAST TRY'], rows, terminal.width)
    })
  },
})
