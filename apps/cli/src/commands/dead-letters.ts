// `waybill dead-letters`: lets operators see messages that could not be handled, and hand one over once more.
import { defineCommand } from '../command.ts'
import { drawTable } from '../table.ts'

interface Options {
  replay?: string
}

const mostShown = 100

export const command = defineCommand<Options>({
  description: 'Of the services that the process at this address hosts. Mend the cause first, then replay.',
  options: [{ flags: '--replay <id>', description: 'hand this one to its handler once more' }],
  examples: [{ what: 'What could not be handled', line: 'waybill dead-letters' }],
  async run({ options, terminal, session }) {
    const { desk } = session.client
    if (options.replay !== undefined) {
      const letter = await desk.replayDeadLetter(options.replay)
      return terminal.result(letter, () => `${letter.event_type} is handed to the ${letter.service} service once more`)
    }
    const letters = await desk.deadLetters({ limit: mostShown }).take(mostShown)
    await terminal.result(letters, () => {
      if (letters.length === 0) return 'none'
      const rows = letters.map(it => [it.id, it.service, it.event_type, String(it.tries), it.error, it.updated_at])
      return drawTable(['ID', 'SERVICE', 'EVENT', 'TRIES', 'ERROR', 'LAST TRY'], rows, terminal.width)
    })
  },
})
