// The options that every command takes: one list for parsing, completion and docs.
import type { Option } from './command.ts'

export interface GlobalOptions {
  server?: string
  profile?: string
  json?: boolean
}

export const globalOptions: readonly Option[] = [
  {
    flags: '--server <url>',
    description: "the server (default: WAYBILL_SERVER, else the profile's, else http://localhost:8000)",
  },
  { flags: '--profile <name>', description: 'which sign-in to use (default: WAYBILL_PROFILE, else "default")' },
  { flags: '--json', description: 'print JSON: one value, or one on each line where there are many' },
]
export const helpOption: Option = { flags: '-h, --help', description: 'show help' }
