// `waybill completion bash|zsh`: prints what the shell is to read.
import { defineCommand } from '../command.ts'
import { completionScript, type Shell, shells } from '../completion-script.ts'

export const command = defineCommand({
  description: 'In ~/.bashrc or ~/.zshrc: eval "$(waybill completion bash)", or zsh.',
  arguments: [{ name: 'shell', description: 'bash or zsh', choices: shells }],
  examples: [{ what: 'Complete commands and options in this bash', line: 'eval "$(waybill completion bash)"' }],
  async run({ args, terminal, commands: table }) {
    const commands = await Promise.all(
      table.map(async ({ name, summary, load }) => ({ name, summary, command: (await load()).command })),
    )
    const script = completionScript(args[0] as Shell, commands)
    await terminal.result({ shell: args[0], script }, () => script.trimEnd())
  },
})
