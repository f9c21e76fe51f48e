// `waybill audit`: lets operators have orders, payments, processes, exports and events compared across the services.
import type { Violation } from '@waybill/sdk'
import { defineCommand } from '../command.ts'
import { Refusal } from '../failures.ts'
import { readTime } from '../read-time.ts'
import { drawTable } from '../table.ts'

interface Options {
  since?: string
  until?: string
}

export const command = defineCommand<Options>({
  description:
    'Compares the orders of a time across the services: that money, states, processes and deliveries agree, and that no event is left behind. Ends with 1 when they do not; `waybill explain` tells the story of each order.',
  options: [
    {
      flags: '--since <time>',
      description: 'RFC 3339, or such as 7d or 2h ago (default: a day before --until)',
      parse: readTime('--since'),
    },
    { flags: '--until <time>', description: 'RFC 3339, or such as 1h ago (default: now)', parse: readTime('--until') },
  ],
  examples: [
    { what: 'Do money and deliveries of the last day agree?', line: 'waybill audit' },
    { what: 'Those of the last week, but for the last hour', line: 'waybill audit --since 7d --until 1h' },
  ],
  async run({ options, terminal, session }) {
    const violations: Violation[] = []
    let checked = 0
    for await (const { data } of session.client.desk.audit(options).pages()) {
      checked += data.checked
      violations.push(...data.violations)
    }
    await terminal.result({ checked, violations }, () => {
      const sum = `${checked} orders checked, ${violations.length} violations`
      if (violations.length === 0) return sum
      const rows = violations.map(it => [it.order_id ?? '-', it.rule, it.detail])
      return [sum, ...drawTable(['ORDER', 'RULE', 'DETAIL'], rows, terminal.width)]
    })
    if (violations.length > 0) {
      throw new Refusal('AUDIT_VIOLATED', 'The services disagree', `${violations.length} violations`, { isTold: true })
    }
  },
})
