// `waybill account`: who is signed in, and what they may change of themselves.
import { defineCommand } from '../command.ts'
import { choosePassword, readPassword } from '../read-password.ts'

interface Options {
  name?: string
  newPassword?: boolean
}

export const command = defineCommand<Options>({
  description:
    'A new password ends your other sessions. Both passwords are typed without echo, or come from WAYBILL_PASSWORD and WAYBILL_NEW_PASSWORD.',
  options: [
    { flags: '--name <name>', description: 'your new name' },
    { flags: '--new-password', description: 'choose a new password' },
  ],
  examples: [
    { what: 'Who am I?', line: 'waybill account' },
    { what: 'Change your name', line: 'waybill account --name "Ada Lovelace"' },
  ],
  async run({ options: { name, newPassword }, terminal, session }) {
    const { me } = session.client
    const passwords = newPassword && {
      current_password: await readPassword('Current password: '),
      password: await choosePassword('WAYBILL_NEW_PASSWORD'),
    }
    const user = name || passwords ? await me.change({ name, ...passwords }) : await me.details()
    await terminal.result(user, () => [
      `${user.name} <${user.email}>, ${user.role}`,
      user.cloud === null
        ? 'not registered with a cloud: waybill cloud LOCAL'
        : `${user.cloud}, account ${user.account}`,
      `user ${user.id} at ${session.server}, since ${user.created_at}`,
    ])
  },
})
