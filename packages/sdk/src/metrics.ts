// Reads the text format of Prometheus, 0.0.4. The parsers on npm are larger than this, and none of them is typed and kept up.

export interface MetricSample {
  /** With the endings of histograms: `…_bucket`, `…_sum`, `…_count`. */
  name: string
  labels: Record<string, string>
  value: number
}

const sample = /^([A-Za-z_:][\w:]*)\s*(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/
const label = /([A-Za-z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"/g

/** Undefined where the text is something else. */
export function parseMetrics(text: string): MetricSample[] | undefined {
  const lines = text.split('\n').map(line => line.trim())
  const samples = lines.filter(line => line !== '' && !line.startsWith('#')).map(parseSample)
  return samples.every(sample => sample !== undefined) ? samples : undefined
}

function parseSample(line: string): MetricSample | undefined {
  const [, name, labels = '', value] = sample.exec(line) ?? []
  if (name === undefined || value === undefined || !isNumber(value)) return undefined
  return { name, labels: Object.fromEntries([...labels.matchAll(label)].map(parseLabel)), value: numberOf(value) }
}

function parseLabel([, name, value]: RegExpExecArray): [string, string] {
  return [name!, value!.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))]
}

const words: Record<string, number> = { '+inf': Infinity, inf: Infinity, '-inf': -Infinity, nan: Number.NaN }

const isNumber = (text: string): boolean => text.toLowerCase() in words || !Number.isNaN(Number(text))
const numberOf = (text: string): number => words[text.toLowerCase()] ?? Number(text)
