// `waybill outbox`: lets operators see events that the broker has not taken.
import type { ServiceName } from '@waybill/sdk'
import { defineCommand } from '../command.ts'
import { limitOption, takeFirst } from '../newest-first.ts'
import { readableDuration } from '../readable.ts'
import { serviceOption } from '../service-option.ts'
import { drawTable } from '../table.ts'

interface Options {
  service?: ServiceName
  limit?: number
}

export const command = defineCommand<Options>({
  description:
    'Of the services that the process at this address hosts. They go out by themselves once the broker takes them.',
  options: [serviceOption, limitOption],
  examples: [{ what: 'Which events wait?', line: 'waybill outbox' }],
  async run({ options: { service, limit }, terminal, session }) {
    const events = await takeFirst(page => session.client.desk.outbox({ service, ...page }), limit, terminal)
    await terminal.result(events, () => {
      if (events.length === 0) return 'none'
      const rows = events.map(it => [
        it.event_type,
        it.service,
        readableDuration(it.age_seconds),
        it.subject,
        it.event_id,
      ])
      return drawTable(['EVENT', 'SERVICE', 'WAITS FOR', 'ABOUT', 'ID'], rows, terminal.width)
    })
  },
})
