// `waybill gateways`: what people may pay by at this installation.
import { defineCommand } from '../command.ts'

export const command = defineCommand({
  description: 'An order that names none is paid by the first. `mock` moves no money.',
  examples: [{ what: 'What can I pay by?', line: 'waybill gateways' }],
  async run({ terminal, session }) {
    const gateways = await session.client.payments.gateways()
    await terminal.result(gateways, () => gateways.map(({ name }) => name).join('\n'))
  },
})
