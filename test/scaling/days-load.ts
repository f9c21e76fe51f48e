// A day's orders, the same for the same seed: a curve from night to noon, noise on it, and a burst in the evening.

export interface DayPlan {
  seed: number
  /** Orders a second at the height of the day, without noise and burst. */
  peak: number
  /** Of the peak, in the middle of the night. */
  nightShare: number
  /** A standard deviation of the noise, as a share of what it lies on. */
  noise: number
  burst: { atHour: number; minutes: number; times: number }
  /** One process of each part ends without warning. */
  failureAtHour: number
}

export const plannedDay: DayPlan = {
  seed: 20_261_122,
  peak: 500,
  nightShare: 0.15,
  noise: 0.06,
  burst: { atHour: 19, minutes: 15, times: 2.5 },
  failureAtHour: 11,
}

export const stepSeconds = 5
export const stepsOfDay = (24 * 3_600) / stepSeconds
export const hourOf = (step: number) => (step * stepSeconds) / 3_600

/** Orders a second, step by step. */
export function ordersOfDay({ seed, peak, nightShare, noise, burst }: DayPlan): number[] {
  const random = seededRandom(seed)
  let drift = 0
  return Array.from({ length: stepsOfDay }, (_, step) => {
    const hour = hourOf(step)
    const daylight = (1 - Math.cos(((hour - 2) / 24) * 2 * Math.PI)) / 2
    // What is busy stays so for a minute or two.
    drift = 0.95 * drift + Math.sqrt(1 - 0.95 ** 2) * noise * normal(random)
    const isBurst = hour >= burst.atHour && hour < burst.atHour + burst.minutes / 60
    const curve = peak * (nightShare + (1 - nightShare) * daylight)
    return Math.max(curve * (1 + drift) * (isBurst ? burst.times : 1), 0)
  })
}

/** Mulberry32: 0 to 1, without 1. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Box and Muller. */
const normal = (random: () => number) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
