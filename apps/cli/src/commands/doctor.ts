// `waybill doctor`: a checklist of server, services and sign-in, with what to do about each failure.
import { type Check, examine } from '../check-up.ts'
import { defineCommand } from '../command.ts'
import { Refusal } from '../failures.ts'
import { printable } from '../terminal.ts'

const marks = { good: 'ok', bad: 'BAD', skipped: '--' } as const
const styles = { good: 'green', bad: 'red', skipped: 'dim' } as const

export const command = defineCommand({
  description:
    'Ends with 1 when something is wrong. For operators also the audit of the last day, dead letters and events that wait.',
  examples: [{ what: 'Is everything as it should be?', line: 'waybill doctor' }],
  async run({ terminal, session }) {
    const checks: Check[] = []
    for await (const check of examine(session)) {
      checks.push(check)
      if (terminal.json) continue
      const { name, outcome, detail, remedy } = check
      await terminal.print(
        `${terminal.style(styles[outcome], marks[outcome].padEnd(3))}  ${name}: ${printable(detail)}`,
      )
      if (remedy !== undefined) await terminal.print(`     ${printable(remedy)}`)
    }
    const bad = checks.filter(({ outcome }) => outcome === 'bad').map(({ name }) => name)
    if (terminal.json)
      await terminal.print(JSON.stringify({ server: session.server, healthy: bad.length === 0, checks }))
    if (bad.length > 0) throw new Refusal('NOT_HEALTHY', 'Something is wrong', bad.join(', '), { isTold: true })
  },
})
