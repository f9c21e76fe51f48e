// Whose things a list shows: one's own, or, for operators, those of others.
import type { Option } from './command.ts'

export interface WhoseOptions {
  everybody?: boolean
  user?: string
}

/** `what` as in "operators: the orders of all users". */
export const whoseOptions = (what: string): Option[] => [
  { flags: '--everybody', description: `operators: the ${what} of all users` },
  { flags: '--user <id>', description: `operators: the ${what} of this user` },
]

export const whoseFilter = ({ everybody, user }: WhoseOptions) => ({ all: everybody, user_id: user })
