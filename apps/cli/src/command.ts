// What a command is: its arguments, options and examples as rows that parsing, help, completion and docs/cli.md read, and what it does.
import type { Session } from './session.ts'
import type { Terminal } from './terminal.ts'

export interface Argument {
  /** `process-id` is asked for as `<process-id>`. */
  name: string
  description: string
  optional?: boolean
  /** Takes all that is left. */
  repeated?: boolean
  choices?: readonly string[]
  /** Words that may be typed in the place of a value. */
  words?: readonly string[]
}

export interface Option {
  /** As commander reads it: `-q, --quiet` or `--limit <n>`. */
  flags: string
  description: string
  choices?: readonly string[]
  /** Makes the value of the text; throws a UsageError. */
  parse?(text: string): unknown
}

export interface Example {
  /** Begins with "Operators: " where others are refused. */
  what: string
  /** Runs as it stands, signed in, with a server on the default address; for files and keys the test that runs it provides. */
  line: string
}

/** What a command is called with. `O` are its own options, by name in camel case. */
export interface Invocation<O> {
  /** In the order of the command's arguments; one that repeats comes last. */
  args: string[]
  options: O
  terminal: Terminal
  session: Session
  /** Every command there is. */
  commands: readonly CommandRow[]
}

export interface Command<O = Record<string, unknown>> {
  /** More than the summary says, for the help. */
  description: string
  arguments?: Argument[]
  options?: Option[]
  examples: [Example, ...Example[]]
  /** Throws what `reportFailure` tells: a UsageError, a Refusal, or an error of the SDK. */
  run(invocation: Invocation<O>): Promise<void>
}

/** The help lists commands under these headings. */
export type CommandGroup =
  | 'Your account'
  | 'Data and orders'
  | 'Payments'
  | 'Callbacks'
  | 'The server'
  | 'Operators'
  | 'Help and completion'

/** A row of the command table. */
export interface CommandRow {
  name: string
  group: CommandGroup
  summary: string
  load(): Promise<{ command: Command }>
}

/** Keeps the options' types for `run`, and forgets them for the table. */
export function defineCommand<O>(command: Command<O>): Command {
  return command as unknown as Command
}
