// Makes the completion scripts of bash and zsh from the command table: commands, their options, and words that an option or argument takes.
import { Option as ParsedOption } from 'commander'
import type { Command, Option } from './command.ts'
import { globalOptions, helpOption } from './global-options.ts'

export const shells = ['bash', 'zsh'] as const
export type Shell = (typeof shells)[number]

export interface CompletedCommand {
  name: string
  summary: string
  command: Command
}

const everywhere = [...globalOptions, helpOption]

export function completionScript(shell: Shell, commands: CompletedCommand[]): string {
  return shell === 'bash' ? bashScript(commands) : zshScript(commands)
}

/** `-q` and `--quiet` of `-q, --quiet`. */
function flagsOf({ flags }: Option): string[] {
  const { short, long } = new ParsedOption(flags)
  return [short, long].filter(it => it !== undefined)
}

function bashScript(commands: CompletedCommand[]): string {
  const cases = commands.map(({ name, command }) => {
    const options = [...(command.options ?? []), ...everywhere]
    const values = options
      .filter(option => option.choices)
      .map(option => `        ${flagsOf(option).join('|')}) words='${option.choices!.join(' ')}' ;;`)
    const words = [...options.flatMap(flagsOf), ...wordsOf(command)].join(' ')
    return `    ${name})
      case "$previous" in
${[...values, `        *) words='${words}' ;;`].join('\n')}
      esac
      ;;`
  })
  return `# bash completion of waybill; in ~/.bashrc: eval "$(waybill completion bash)"
_waybill() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words command='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in
      ${commands.map(({ name }) => name).join('|')}) command="$word"; break ;;
    esac
  done
  # bash takes --state=delivered for three words.
  if [ "$current" = = ]; then current=''; elif [ "$previous" = = ]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  case "$command" in
${cases.join('\n')}
    *) words='${[...commands.map(({ name }) => name), 'help', '--version', ...everywhere.flatMap(flagsOf)].join(' ')}' ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _waybill waybill
`
}

function wordsOf(command: Command): string[] {
  return (command.arguments ?? []).flatMap(({ choices, words }) => choices ?? words ?? [])
}

function zshScript(commands: CompletedCommand[]): string {
  const help = { name: 'help', summary: 'Show the help of a command' }
  const described = [...commands, help].map(({ name, summary }) => `    '${quoted(name)}:${quoted(summary)}'`)
  const cases = commands.map(({ name, command }) => {
    const options = [...(command.options ?? []), ...everywhere].flatMap(zshOption)
    const words = wordsOf(command)
    const rest = words.length > 0 ? `'*:word:(${words.join(' ')})'` : `'*:: :_default'`
    return `      ${name}) _arguments ${[...options, rest].join(' ')} ;;`
  })
  return `#compdef waybill
# zsh completion of waybill; in ~/.zshrc, after compinit: eval "$(waybill completion zsh)"
_waybill() {
  local -a commands
  commands=(
${described.join('\n')}
  )
  local state line
  _arguments -C ${everywhere.flatMap(zshOption).join(' ')} '1:command:->command' '*::argument:->argument'
  case "$state" in
    command) _describe command commands ;;
    argument)
      case "$line[1]" in
${cases.join('\n')}
      help) _describe command commands ;;
      esac
      ;;
  esac
}
compdef _waybill waybill
`
}

function zshOption(option: Option): string[] {
  const { required, optional } = new ParsedOption(option.flags)
  const value = required || optional ? `:value:${option.choices ? `(${option.choices.join(' ')})` : '_default'}` : ''
  return flagsOf(option).map(flag => `'${flag}[${quoted(option.description)}]${value}'`)
}

/** What means something to zsh's own lists. */
const quoted = (text: string) => text.replace(/'/g, "'\\''").replace(/[[\]:]/g, '\\$&')
