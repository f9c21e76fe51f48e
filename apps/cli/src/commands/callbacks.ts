// `waybill callbacks`: every attempt to call back about a process, and the secret that signs them.
import { defineCommand } from '../command.ts'
import { UsageError } from '../failures.ts'
import { idOrLast, processIdOf } from '../newest.ts'
import { limitOption, takeFirst } from '../newest-first.ts'
import { drawTable } from '../table.ts'

interface Options {
  resend?: boolean
  secret?: boolean
  rotateSecret?: boolean
  limit?: number
}

export const command = defineCommand<Options>({
  description:
    'Callbacks are signed as Standard Webhooks says; after a rotation the old secret signs, too, for 24 hours.',
  arguments: [{ name: 'process-id', ...idOrLast, optional: true }],
  options: [
    { flags: '--resend', description: 'call back once more, with the same webhook-id' },
    { flags: '--secret', description: 'print the secret' },
    { flags: '--rotate-secret', description: 'make a new secret and print it' },
    limitOption,
  ],
  examples: [
    { what: 'Who was called about the newest order?', line: 'waybill callbacks last' },
    { what: 'The secret to verify with', line: 'waybill callbacks --secret' },
    { what: 'A new secret; for a day both sign', line: 'waybill callbacks --rotate-secret' },
  ],
  async run({ args, options, terminal, session }) {
    const { callbacks } = session.client
    if (options.secret || options.rotateSecret) {
      const secret = await (options.rotateSecret ? callbacks.rotateSecret() : callbacks.secret())
      return terminal.result({ secret }, () => secret)
    }
    if (args[0] === undefined) throw new UsageError('which process?', 'waybill callbacks last')
    const processId = await processIdOf(args[0], session)
    if (options.resend) {
      const sent = await callbacks.resend(processId)
      return terminal.result(sent, () => `will be sent once more, as ${sent.webhook_id}`)
    }
    const attempts = await takeFirst(page => callbacks.list(processId, page), options.limit, terminal)
    await terminal.result(attempts, () => {
      if (attempts.length === 0) return 'nobody was called back about this process'
      const rows = attempts.map(it => [
        it.at,
        String(it.attempt),
        it.error ?? String(it.status_code),
        it.next_attempt_at ?? 'none',
        it.url,
      ])
      return drawTable(['AT', 'ATTEMPT', 'OUTCOME', 'NEXT', 'URL'], rows, terminal.width)
    })
  },
})
