// The run's diary: what was done when, what it led to, and everything that must not have happened.
import { appendFileSync } from 'node:fs'

export interface Violation {
  rule: string
  detail: string
}

export class Journal {
  readonly violations: Violation[] = []
  readonly #startedAt = performance.now()
  readonly #file: string
  readonly #print: ((line: string) => void) | undefined

  /** Every line goes to `file`; those for a person who looks on go to `print` as well. */
  constructor(file: string, print?: (line: string) => void) {
    this.#file = file
    this.#print = print
  }

  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1_000
  }

  say(line: string): void {
    this.note(line)
    this.#print?.(this.#stamped(line))
  }

  /** For the file alone. */
  note(line: string): void {
    appendFileSync(this.#file, `${this.#stamped(line)}\n`)
  }

  violation(rule: string, detail: string): void {
    this.violations.push({ rule, detail })
    this.say(`VIOLATION ${rule}: ${detail}`)
  }

  #stamped(line: string): string {
    return `${this.seconds.toFixed(3).padStart(8)} ${line}`
  }
}
