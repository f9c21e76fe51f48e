// Reads a moment: an RFC 3339 time, or how long ago it was.
import { UsageError } from './failures.ts'

const milliseconds = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Reads `--<option> <time>` as RFC 3339 UTC; `2h` is two hours ago. */
export function readTime(option: string): (text: string) => string {
  return text => {
    const ago = /^(\d{1,6})([smhd])$/.exec(text)
    const time = ago
      ? Date.now() - Number(ago[1]) * milliseconds[ago[2] as keyof typeof milliseconds]
      : /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text)
        ? Date.parse(text)
        : Number.NaN
    if (!Number.isNaN(time)) return new Date(time).toISOString()
    throw new UsageError(
      `${option} must be a time such as 2026-01-31T12:00:00Z, or how long ago such as 2h, and ${text} is neither`,
      `${option} 2h`,
    )
  }
}
