// Which service operators look at.
import type { Option } from './command.ts'

export const serviceOption: Option = {
  flags: '--service <name>',
  description: 'only of this service',
  choices: ['user', 'order', 'payment', 'data'],
}
