// `waybill login`: signs in and keeps it for the commands that follow.
import { defineCommand } from '../command.ts'
import { readPassword } from '../read-password.ts'

export const command = defineCommand({
  description:
    'The password is typed without echo, or comes from stdin or WAYBILL_PASSWORD. The profile remembers the server; tokens are kept for you alone in $XDG_CONFIG_HOME/waybill, and shown to that server only.',
  arguments: [{ name: 'e-mail', description: 'the e-mail address that was registered' }],
  examples: [
    { what: 'Sign in', line: 'waybill login ada@example.com' },
    { what: 'Without a terminal', line: 'echo "correct horse battery" | waybill login ada@example.com' },
    { what: 'As somebody else, beside it', line: 'waybill login ada@example.com --profile work' },
  ],
  async run({ args, terminal, session }) {
    await session.signIn(args[0]!, await readPassword())
    const user = await session.client.me.details()
    await terminal.result(user, () => `signed in as ${user.email} (${user.role}) at ${session.server}`)
  },
})
