// `waybill register`: makes an account and signs in.
import { defineCommand } from '../command.ts'
import { choosePassword } from '../read-password.ts'

interface Options {
  name?: string
  cloud?: string
}

export const command = defineCommand<Options>({
  description:
    'The password (10-128 characters) is typed without echo, or comes from stdin or WAYBILL_PASSWORD. `waybill cloud` lists the clouds.',
  arguments: [{ name: 'e-mail', description: 'the e-mail address to sign in with' }],
  options: [
    { flags: '--name <name>', description: 'your name (default: what stands before the @)' },
    { flags: '--cloud <cloud>', description: 'the cloud that your data lives in; may be chosen later, too' },
  ],
  examples: [
    { what: 'Register with the LOCAL cloud', line: 'waybill register ada@example.com --name Ada --cloud LOCAL' },
    {
      what: 'Without a terminal',
      line: 'echo "correct horse battery" | waybill register grace@example.com --cloud LOCAL --json',
    },
  ],
  async run({ args, options, terminal, session }) {
    const email = args[0]!
    const password = await choosePassword('WAYBILL_PASSWORD')
    const name = options.name ?? email.split('@')[0]!
    const user = await session.client.signUp({ name, email, password, cloud: options.cloud })
    await session.signIn(email, password)
    await terminal.result(user, () => [
      `registered and signed in as ${user.email} at ${session.server}`,
      user.cloud === null
        ? 'not registered with a cloud yet: waybill cloud LOCAL'
        : `your data is in ${user.cloud}, account ${user.account}`,
    ])
  },
})
