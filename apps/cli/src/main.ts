// Reads the command line, loads the one command that it names, and ends with the exit code that says how it went.
import { Argument, CommanderError, program as newProgram, Option, type Command as Parser } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import type { Command, CommandRow, Example } from './command.ts'
import { commandTable } from './command-table.ts'
import { UsageError } from './failures.ts'
import { type GlobalOptions, globalOptions, helpOption } from './global-options.ts'
import { createTerminal } from './terminal.ts'

const about = `The command line of Waybill: order exports of your data and follow them to their end.

Exit codes: 0 done, 1 refused, 2 the line is wrong, 3 the server is out of reach.`

const firstSteps = `
To begin with (\`waybill <command> --help\` shows each command with its options and examples):
  waybill register ada@example.com --cloud LOCAL
  waybill data
  waybill order airports --token tok_approve --watch
  waybill data airports --out airports.ndjson

Operators also set up clouds and prices (\`cloud\`) and see what is everybody's (\`--everybody\`).`

/** Runs one command line; sets the exit code and never throws. */
export async function main(line: string[]): Promise<void> {
  const terminal = createTerminal(line.includes('--json'))
  try {
    await createParser().parseAsync(asked(line), { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return
    const { reportFailure } = await import('./report-failure.ts')
    process.exitCode = reportFailure(
      error instanceof CommanderError ? await asUsageError(error, line) : error,
      terminal,
    )
  }
}

/** `help orders` is `orders --help`: a command knows its options once it is chosen. */
function asked(line: string[]): string[] {
  const [first, second] = line
  return first === 'help' && findRow(second) ? [second!, '--help'] : line
}

function createParser(): Parser {
  const parser = newProgram
    .name('waybill')
    .description(about)
    .version(manifest.version, '-V, --version', 'print the version')
    .helpOption(helpOption.flags, helpOption.description)
    .commandsGroup('Help and completion:')
    .helpCommand('help [command]', 'Show the help of a command')
    .addHelpText('after', firstSteps)
    .configureHelp({ showGlobalOptions: true })
    // What is wrong is told by reportFailure.
    .configureOutput({ writeErr: () => {} })
    .exitOverride()
  for (const { flags, description } of globalOptions) parser.option(flags, description)
  for (const { name, group, summary } of commandTable) {
    parser.command(name).summary(summary).description(summary).helpGroup(`${group}:`)
  }
  parser.hook('preSubcommand', async (_, chosen) => {
    const row = findRow(chosen.name())
    if (row) await prepare(chosen, (await row.load()).command)
  })
  return parser
}

function findRow(name: string | undefined): CommandRow | undefined {
  return commandTable.find(row => row.name === name)
}

async function prepare(parser: Parser, command: Command): Promise<void> {
  parser.description(`${parser.summary()}.\n\n${command.description}`)
  for (const { name, description, optional, repeated, choices } of command.arguments ?? []) {
    const text = `${name}${repeated ? '...' : ''}`
    const argument = new Argument(optional ? `[${text}]` : `<${text}>`, description)
    parser.addArgument(choices ? argument.choices(choices) : argument)
  }
  for (const { flags, description, choices, parse } of command.options ?? []) {
    const option = new Option(flags, description)
    if (parse) option.argParser(parse)
    parser.addOption(choices ? option.choices(choices) : option)
  }
  parser.addHelpText('after', `\n${examplesText(command.examples)}`)
  parser.action(async () => {
    const { server, profile, json, ...options } = parser.optsWithGlobals<GlobalOptions>()
    const { openSession } = await import('./session.ts')
    const terminal = createTerminal(json === true)
    const session = await openSession({ server, profile })
    const args = parser.processedArgs.flat().filter(it => it !== undefined)
    await command.run({ args, options, terminal, session, commands: commandTable })
  })
}

function examplesText(examples: Example[]): string {
  return `Examples:\n${examples.map(({ what, line }) => `  # ${what}\n  ${line}`).join('\n')}`
}

/** Says what was wrong with the line, and shows one that is right. */
async function asUsageError(error: CommanderError, line: string[]): Promise<UsageError> {
  const row = findRow(line.find(word => findRow(word)))
  const correct = row ? (await row.load()).command.examples[0].line : 'waybill --help'
  if (error.code === 'commander.help') return new UsageError('say what is to be done: a command is missing', correct)
  if (error.code === 'commander.unknownOption' && /--?p(ass|w)/.test(error.message)) {
    const message = 'a password on the command line is seen by others: type it, pipe it in, or set WAYBILL_PASSWORD'
    return new UsageError(message, correct)
  }
  return new UsageError(error.message.replace(/^error: /, ''), correct)
}
