// Reads numbers of options: whole ones, within bounds.
import { UsageError } from './failures.ts'

/** Reads `--<option> <n>` as a whole number from `min` to `max`. */
export function wholeNumber(option: string, min: number, max: number): (text: string) => number {
  return text => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new UsageError(
      `${option} must be a whole number from ${min} to ${max}, and ${text} is not`,
      `${option} ${min}`,
    )
  }
}
