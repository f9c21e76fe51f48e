// Durations as people write them in settings: a number and a unit.

const milliseconds = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Reads `250ms`, `30s`, `15m`, `1h`, `7d` as milliseconds; undefined for anything else, for zero and for more than ten years. */
export function readDuration(text: string): number | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text)
  if (!match) return undefined
  const result = Math.round(Number(match[1]) * milliseconds[match[2] as keyof typeof milliseconds])
  return result > 0 && result <= 3_650 * milliseconds.d ? result : undefined
}
