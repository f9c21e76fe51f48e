// Asks before something that cannot be taken back.
import { createInterface } from 'node:readline/promises'
import { UsageError } from './failures.ts'

/** True where the person at the terminal says yes; throws a UsageError where there is none to ask. `correct` is the line that needs no asking. */
export async function confirm(question: string, correct: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError(`${question} Nobody is there to answer: say --yes`, correct)
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim())
  } finally {
    lines.close()
  }
}
