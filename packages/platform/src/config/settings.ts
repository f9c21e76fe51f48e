// Settings: what each is called, what it is for, what it may be. Read once from the environment, against one schema.
import { readDuration } from './duration.ts'

export interface Setting<T> {
  /** One sentence for the person who sets it; it stands in the reference page. */
  readonly description: string
  /** What a value may be, in words. */
  readonly form: string
  /** The text that stands in for a missing value; without it, a missing value is `undefined` (the type says so). */
  readonly fallback?: string
  /** True for what must never be shown. */
  readonly secret: boolean
  /** Of a secret setting: true for a value that gives nothing away, such as a URL without a password. */
  readonly isHarmless?: (text: string) => boolean
  /** True for what no document may set, for it is needed to read one. */
  readonly environmentOnly?: boolean
  /** Answers the value, or throws an Error whose message says what the value must be. */
  parse(text: string): T
}

export type Settings<S extends Record<string, Setting<unknown>>> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never
}

/** All that is wrong with the settings: a line for each, beginning with the setting's name. */
export class SettingsError extends Error {
  readonly lines: string[]

  constructor(lines: string[]) {
    super(lines.join('\n'))
    this.name = 'SettingsError'
    this.lines = lines
  }
}

interface About {
  description: string
  secret?: boolean
  isHarmless?: (text: string) => boolean
  environmentOnly?: boolean
}
type WithFallback = About & { fallback: string }
type Without = About & { fallback?: undefined }

function define<T>(form: string, parse: (text: string) => T, secret = false) {
  function of(about: WithFallback): Setting<T>
  function of(about: Without): Setting<T | undefined>
  function of(about: WithFallback | Without): Setting<T | undefined> {
    return { form, parse, secret, ...about }
  }
  return of
}

function refuse(form: string): never {
  throw new Error(`must be ${form}`)
}

export const text = define('text', value => value)

export const secretText = (about: { description: string }): Setting<string | undefined> =>
  define('text', value => value)({ ...about, secret: true })

export function number(form: { min: number; max: number; integer?: boolean }) {
  const words = `${form.integer === false ? 'a number' : 'a whole number'} from ${form.min} to ${form.max}`
  return define(words, value => {
    const result = Number(value)
    const wrong = value.trim() === '' || Number.isNaN(result) || result < form.min || result > form.max
    if (wrong || (form.integer !== false && !Number.isInteger(result))) refuse(words)
    return result
  })
}

export const boolean = define('true or false', value => {
  if (value !== 'true' && value !== 'false') refuse('true or false')
  return value === 'true'
})

const durationForm = 'a number and ms, s, m, h or d, such as 30m'
/** Milliseconds. */
export const duration = define(durationForm, value => readDuration(value) ?? refuse(durationForm))

/** Milliseconds; `most` is written as a duration, too. */
export function durationUpTo(most: string) {
  const words = `${durationForm}, at most ${most}`
  return define(words, value => {
    const milliseconds = readDuration(value)
    if (milliseconds === undefined || milliseconds > readDuration(most)!) refuse(words)
    return milliseconds
  })
}

export function oneOf<const V extends string>(...values: V[]) {
  const words = `one of ${values.join(', ')}`
  return define(words, value => values.find(known => known === value) ?? refuse(words))
}

function splitList(value: string): string[] {
  return value
    .split(',')
    .map(entry => entry.trim())
    .filter(entry => entry !== '')
}

/** Comma-separated; blanks around an entry do not count. */
export function list<const V extends string = string>(...values: V[]) {
  const words = values.length > 0 ? `a comma-separated list of ${values.join(', ')}` : 'a comma-separated list'
  return define(words, value => {
    const entries = splitList(value)
    if (values.length > 0 && entries.some(entry => !values.includes(entry as V))) refuse(words)
    return entries as V[]
  })
}

const originsForm = 'a comma-separated list of origins, such as https://app.example.com, or *'
/** Origins as browsers send them (RFC 6454 7): scheme, host and port, nothing behind. */
export const origins = define(originsForm, value => {
  const entries = splitList(value)
  if (entries.some(entry => entry !== '*' && URL.parse(entry)?.origin !== entry)) refuse(originsForm)
  return entries
})

export function matching(form: string, pattern: RegExp, secret = false) {
  return define(form, value => (pattern.test(value) ? value : refuse(form)), secret)
}

export const httpUrl = define('an http or https URL', value => {
  const url = URL.parse(value)
  if (!url || !/^https?:$/.test(url.protocol)) refuse('an http or https URL')
  return value.replace(/\/+$/, '')
})

/** Exactly `bytes` bytes, written in base64. */
export function secretBytes(bytes: number, about: { description: string }): Setting<Buffer | undefined> {
  const words = `${bytes} bytes in base64 (openssl rand -base64 ${bytes})`
  return define(words, value => {
    const decoded = Buffer.from(value, 'base64')
    if (decoded.length !== bytes || !/^[A-Za-z0-9+/]+=*$/.test(value)) refuse(words)
    return decoded
  })({ ...about, secret: true })
}

const configKeysForm = '32 bytes in base64 (waybill config key), or kms: and what KMS made of them; comma-separated'
/** Keys that open encrypted settings, the one in use first; `kms:` for those that KMS must open before (base64 of its ciphertext). */
export const configKeys = define(
  configKeysForm,
  value => {
    const entries = splitList(value)
    if (entries.length === 0 || !entries.every(isConfigKey)) refuse(configKeysForm)
    return entries
  },
  true,
)

function isConfigKey(entry: string): boolean {
  const encoded = entry.replace(/^kms:/, '')
  if (!/^[A-Za-z0-9+/]+=*$/.test(encoded)) return false
  return entry.startsWith('kms:') || Buffer.from(encoded, 'base64').length === 32
}

/** Reads every setting of `schema` from `environment`; an empty value counts as none. Throws a SettingsError that names all that is bad. */
export function readSettings<S extends Record<string, Setting<unknown>>>(
  schema: S,
  environment: Record<string, string | undefined>,
): Settings<S> {
  const lines: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(schema)) {
    const given = environment[name]
    const value = given === undefined || given === '' ? setting.fallback : given
    if (value === undefined) continue
    try {
      values[name] = setting.parse(value)
    } catch (error) {
      const shown = setting.secret ? '' : ` (it is "${value}")`
      lines.push(`${name} ${(error as Error).message}${shown}`)
    }
  }
  if (lines.length > 0) throw new SettingsError(lines)
  return values as Settings<S>
}
