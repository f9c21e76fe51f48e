// What a run of the bench says about the time that calls took.

export interface LatencySummary {
  p50: number
  p90: number
  p99: number
  longest: number
}

const barColumns = 40

/** Milliseconds in, percentiles out (nearest rank). */
export function summarize(latencies: readonly number[]): LatencySummary {
  const sorted = Float64Array.from(latencies).sort()
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  return { p50: rank(0.5), p90: rank(0.9), p99: rank(0.99), longest: rank(1) }
}

/** Lines of a histogram whose bins double: how many calls took up to 1, 2, 4 … ms. */
export function drawHistogram(latencies: readonly number[]): string[] {
  if (latencies.length === 0) return []
  const bins = latencies.map(milliseconds => Math.max(0, Math.ceil(Math.log2(milliseconds))))
  const [first, last] = [Math.min(...new Set(bins)), Math.max(...new Set(bins))]
  const counts = Array.from({ length: last - first + 1 }, () => 0)
  for (const bin of bins) counts[bin - first]!++
  const most = Math.max(...counts)
  const edge = (at: number) => `${2 ** (first + at)} ms`
  const column = edge(counts.length - 1).length
  return counts.map((count, at) => {
    const bar = '█'.repeat(Math.ceil((count / most) * barColumns))
    return `<= ${edge(at).padStart(column)}  ${bar.padEnd(barColumns)}  ${count}`
  })
}
