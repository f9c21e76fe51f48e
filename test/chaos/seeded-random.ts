// Chance that can be had again: the same seed gives the same numbers, on every machine.

export interface Random {
  /** From 0 to 1, without 1. */
  next(): number
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number
  oneOf<T>(choices: readonly T[]): T
  shuffled<T>(items: readonly T[]): T[]
  chance(probability: number): boolean
}

/** `purpose` keeps what is drawn for one thing from changing what is drawn for another. */
export function seededRandom(seed: number, purpose: string): Random {
  let state = hash(`${seed} ${purpose}`)
  // mulberry32, by Tommy Ettinger: 32 bits of state, good enough to play with and the same everywhere.
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return {
    next,
    between,
    oneOf: choices => choices[between(0, choices.length - 1)]!,
    shuffled(items) {
      const shuffled = [...items]
      for (let at = shuffled.length - 1; at > 0; at--) {
        const other = between(0, at)
        ;[shuffled[at], shuffled[other]] = [shuffled[other]!, shuffled[at]!]
      }
      return shuffled
    },
    chance: probability => next() < probability,
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let result = 0x811c9dc5
  for (const char of text) result = Math.imul(result ^ char.charCodeAt(0), 0x01000193)
  return result | 0
}
