// `waybill users`: lets operators list users and change one.
import type { Role, UserRecord } from '@waybill/sdk'
import { defineCommand } from '../command.ts'
import { UsageError } from '../failures.ts'
import { limitOption, takeFirst } from '../newest-first.ts'
import { drawTable } from '../table.ts'

interface Options {
  role?: Role
  account?: string
  enable?: boolean
  disable?: boolean
  limit?: number
}

export const command = defineCommand<Options>({
  description:
    'With an id and an option: changes that user. The tokens of one who is disabled stop working within 5 seconds.',
  arguments: [{ name: 'user-id', description: 'one user', optional: true }],
  options: [
    { flags: '--role <role>', description: 'the new role', choices: ['customer', 'operator'] },
    { flags: '--account <account>', description: "the user's area in their cloud" },
    { flags: '--enable', description: 'let the user sign in again' },
    { flags: '--disable', description: 'let the user sign in no more' },
    limitOption,
  ],
  examples: [
    { what: 'The newest users', line: 'waybill users' },
    {
      what: 'Who is that?',
      line: `waybill users $(waybill account --json | grep -o '"id":"[^"]*"' | cut -d'"' -f4)`,
    },
    {
      what: 'Let the newest user sign in no more, and think better of it',
      line: `id=$(waybill users --limit 1 | grep -oE '^[0-9a-f-]{36}'); waybill users $id --disable && waybill users $id --enable`,
    },
  ],
  async run({ args, options, terminal, session }) {
    const { users } = session.client
    const { limit, role, account, enable, disable } = options
    const [id] = args
    const changes = { role, account, disabled: disable || (enable ? false : undefined) }
    const isChange = Object.values(changes).some(it => it !== undefined)
    if (enable && disable) throw new UsageError('--enable and --disable at once', 'waybill users <user-id> --enable')
    if (isChange && id === undefined) throw new UsageError('which user?', 'waybill users <user-id> --role operator')
    const show = (records: UserRecord[]) => {
      const rows = records.map(it => [
        it.id,
        it.email,
        it.disabled ? `${it.role}, disabled` : it.role,
        it.cloud ?? '-',
        it.account,
        it.name,
        it.created_at,
      ])
      return drawTable(['USER', 'E-MAIL', 'ROLE', 'CLOUD', 'ACCOUNT', 'NAME', 'SINCE'], rows, terminal.width)
    }
    if (id === undefined) {
      const records = await takeFirst(page => users.list(page), limit, terminal)
      return terminal.result(records, () => show(records))
    }
    const record = await (isChange ? users.change(id, changes) : users.get(id))
    await terminal.result(record, () => show([record]))
  },
})
