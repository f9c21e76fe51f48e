// `waybill logout`: ends the session.
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  description: 'Its tokens stop working everywhere within 5 seconds.',
  examples: [{ what: 'Sign out', line: 'waybill logout' }],
  async run({ terminal, session }) {
    await session.client.signOut()
    await terminal.result({ server: session.server, signed_in: false }, () => `signed out at ${session.server}`)
  },
})
