// Parses JSON without losing digits: record values must arrive unchanged, and 12345678901234567890 or 1.0 would not.

interface SourceAware {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown
  rawJSON(text: string): unknown
}

// TC39 "JSON.parse source text access": in Node since 21, not yet in TypeScript's library.
const json = JSON as unknown as SourceAware

/** As JSON.parse, but a number that would not be written back as it was read becomes an object that JSON.stringify writes so. */
export function parseKeepingNumbers(text: string): unknown {
  return json.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && String(value) !== source ? json.rawJSON(source!) : value,
  )
}

/** The number that parseKeepingNumbers read; NaN for what is none. */
export function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number(JSON.stringify(value))
}
