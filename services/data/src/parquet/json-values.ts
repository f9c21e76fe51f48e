// What a value of a Parquet file is in JSON, by the type of its column: exact, with nothing rounded. The mapping stands in
// docs/parquet.md, and follows LogicalTypes.md of the Parquet format.
import type { SchemaElement } from 'hyparquet'
import { parseFloat16 } from 'hyparquet/src/convert.js'
import { parseKeepingNumbers } from '../clouds/exact-json.ts'
import type { JsonOutput } from './json-output.ts'
import { ParquetError } from './parquet-error.ts'

export type WriteValue = (value: unknown, output: JsonOutput) => void

export interface ValueType {
  write: WriteValue
  /** Its bytes are the text itself: they can be written without being cut out. */
  isText: boolean
}

const text: ValueType = {
  isText: true,
  write: (value, output) => {
    const bytes = value as Uint8Array
    output.text(bytes, 0, bytes.length)
  },
}

export function valueTypeOf(element: SchemaElement): ValueType {
  if (isText(element)) return text
  return { isText: false, write: writerFor(element) }
}

function isText({ type, converted_type, logical_type }: SchemaElement): boolean {
  if (type !== 'BYTE_ARRAY') return false
  const isAnnotated = converted_type === 'UTF8' || converted_type === 'ENUM'
  return isAnnotated || logical_type?.type === 'STRING' || logical_type?.type === 'ENUM'
}

function writerFor(element: SchemaElement): WriteValue {
  const { type, logical_type } = element
  if (logical_type?.type === 'NULL') return () => {}
  switch (type) {
    case 'BOOLEAN':
      return (value, output) => output.ascii(value ? 'true' : 'false')
    case 'FLOAT':
    case 'DOUBLE':
      return (value, output) => output.ascii(floatText(value as number))
    case 'INT32':
    case 'INT64':
      return integerWriter(element)
    case 'INT96':
      return (value, output) => output.ascii(int96Text(value as bigint))
    case 'BYTE_ARRAY':
    case 'FIXED_LEN_BYTE_ARRAY':
      return bytesWriter(element)
    default:
      throw new ParquetError(`the column ${element.name} is of no known type`)
  }
}

/** JSON has no NaN and no infinity; they are written as Protocol Buffers writes them in JSON. */
function floatText(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`
  return Object.is(value, -0) ? '-0' : String(value)
}

function integerWriter(element: SchemaElement): WriteValue {
  const { type, converted_type, logical_type } = element
  const time = timeOf(element)
  if (time) return (value, output) => output.ascii(time(value as number | bigint))
  const scale = scaleOf(element)
  if (scale > 0) return (value, output) => output.ascii(decimalText(BigInt(value as number | bigint), scale))
  const isUnsigned = converted_type?.startsWith('UINT_') || (logical_type?.type === 'INTEGER' && !logical_type.isSigned)
  if (!isUnsigned) return (value, output) => output.ascii(String(value))
  if (type === 'INT32') return (value, output) => output.ascii(String((value as number) >>> 0))
  return (value, output) => output.ascii(String(BigInt.asUintN(64, value as bigint)))
}

const unitDigits = { MILLIS: 3, MICROS: 6, NANOS: 9 } as const

/** Of an integer that is a date, a time of day or a point in time. */
function timeOf({ converted_type, logical_type }: SchemaElement): ((value: number | bigint) => string) | undefined {
  if (logical_type?.type === 'DATE' || converted_type === 'DATE') return value => dateText(Number(value))
  if (logical_type?.type === 'TIME') {
    const { unit, isAdjustedToUTC } = logical_type
    return value => timeOfDayText(BigInt(value), unitDigits[unit], isAdjustedToUTC)
  }
  if (logical_type?.type === 'TIMESTAMP') {
    const { unit, isAdjustedToUTC } = logical_type
    return value => timestampText(value, unitDigits[unit], isAdjustedToUTC)
  }
  switch (converted_type) {
    case 'TIME_MILLIS':
      return value => timeOfDayText(BigInt(value), 3, true)
    case 'TIME_MICROS':
      return value => timeOfDayText(BigInt(value), 6, true)
    case 'TIMESTAMP_MILLIS':
      return value => timestampText(value, 3, true)
    case 'TIMESTAMP_MICROS':
      return value => timestampText(value, 6, true)
    default:
      return undefined
  }
}

const dayMilliseconds = 86_400_000
/** What RFC 3339 can say: the years 0000 to 9999. */
const firstMilliseconds = Date.parse('0000-01-01T00:00:00Z')
const lastMilliseconds = Date.parse('9999-12-31T23:59:59.999Z')

/** A day outside of the years 0000 to 9999 stays the number that it is. */
function dateText(days: number): string {
  const milliseconds = days * dayMilliseconds
  if (milliseconds < firstMilliseconds || milliseconds > lastMilliseconds) return String(days)
  return `"${new Date(milliseconds).toISOString().slice(0, 10)}"`
}

/** RFC 3339; without the `Z` where the file says that it is a local time. What is outside of the years 0000 to 9999 stays a number. */
function timestampText(value: number | bigint, digits: 3 | 6 | 9, isUtc: boolean): string {
  const perMillisecond = 10 ** (digits - 3)
  const [milliseconds, rest] = divide(value, perMillisecond)
  if (milliseconds < firstMilliseconds || milliseconds > lastMilliseconds) return String(value)
  const fraction = digits === 3 ? '' : String(rest).padStart(digits - 3, '0')
  return `"${new Date(milliseconds).toISOString().slice(0, -1)}${fraction}${isUtc ? 'Z' : ''}"`
}

/** Rounded down, and what is left. Big integers only where numbers would not be exact. */
function divide(value: number | bigint, by: number): [quotient: number, rest: number] {
  if (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) {
    const quotient = Math.floor(Number(value) / by)
    const rest = Number(value) - quotient * by
    // A quotient that was rounded up on its way.
    return rest < 0 ? [quotient - 1, rest + by] : [quotient, rest]
  }
  const big = BigInt(value)
  const rest = ((big % BigInt(by)) + BigInt(by)) % BigInt(by)
  return [Number((big - rest) / BigInt(by)), Number(rest)]
}

function timeOfDayText(value: bigint, digits: 3 | 6 | 9, isUtc: boolean): string {
  const perSecond = 10n ** BigInt(digits)
  const seconds = value / perSecond
  if (value < 0n || seconds >= 86_400n) return String(value)
  const two = (part: bigint) => String(part).padStart(2, '0')
  const clock = `${two(seconds / 3_600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`
  return `"${clock}.${String(value % perSecond).padStart(digits, '0')}${isUtc ? 'Z' : ''}"`
}

/** Days since the Julian epoch above 64 bits of nanoseconds: points in time of older writers. */
function int96Text(value: bigint): string {
  const days = BigInt.asIntN(32, value >> 64n) - 2_440_588n
  return timestampText(days * 86_400_000_000_000n + BigInt.asUintN(64, value), 9, true)
}

const mostDigits = 1_000

function scaleOf({ converted_type, logical_type, scale, name }: SchemaElement): number {
  if (logical_type?.type !== 'DECIMAL' && converted_type !== 'DECIMAL') return 0
  const digits = (logical_type?.type === 'DECIMAL' ? logical_type.scale : scale) ?? 0
  if (digits < 0 || digits > mostDigits) throw new ParquetError(`the column ${name} has ${digits} decimal places`)
  return digits
}

function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled)
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

function bytesWriter(element: SchemaElement): WriteValue {
  const { converted_type, logical_type, type_length } = element
  if (logical_type?.type === 'DECIMAL' || converted_type === 'DECIMAL') {
    const scale = scaleOf(element)
    return (value, output) => output.ascii(decimalText(signedNumber(value as Uint8Array), scale))
  }
  if (logical_type?.type === 'JSON' || converted_type === 'JSON') {
    return (value, output) => output.raw(compactJson(value as Uint8Array))
  }
  if (logical_type?.type === 'UUID' && type_length === 16) return (value, output) => output.ascii(uuidText(value))
  if (logical_type?.type === 'FLOAT16' && type_length === 2) {
    return (value, output) => output.ascii(floatText(parseFloat16(value as Uint8Array)!))
  }
  if (converted_type === 'INTERVAL' && type_length === 12) return (value, output) => output.ascii(intervalText(value))
  return (value, output) => output.ascii(`"${asBuffer(value).toString('base64')}"`)
}

/** Two's complement, the highest byte first. */
function signedNumber(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  if (bytes.length > mostDigits) throw new ParquetError(`a decimal number of ${bytes.length} bytes`)
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${asBuffer(bytes).toString('hex')}`))
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Its numbers keep their digits. */
function compactJson(bytes: Uint8Array): Buffer {
  try {
    return Buffer.from(JSON.stringify(parseKeepingNumbers(utf8.decode(bytes))))
  } catch (error) {
    throw new ParquetError('a value that should be JSON is none', { cause: error })
  }
}

function uuidText(value: unknown): string {
  const hex = asBuffer(value).toString('hex')
  return `"${[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')}"`
}

/** As an ISO 8601 duration: months, days and milliseconds are kept apart. */
function intervalText(value: unknown): string {
  const bytes = asBuffer(value)
  const milliseconds = String(bytes.readUInt32LE(8)).padStart(4, '0')
  const seconds = `${milliseconds.slice(0, -3)}.${milliseconds.slice(-3)}`
  return `"P${bytes.readUInt32LE(0)}M${bytes.readUInt32LE(4)}DT${seconds}S"`
}

function asBuffer(value: unknown): Buffer {
  const { buffer, byteOffset, byteLength } = value as Uint8Array
  return Buffer.from(buffer, byteOffset, byteLength)
}
