// Settings in layers: what the environment sets, then the document's part for the stage, then its default part, then the schema's defaults.
import type { AwsPlace } from './aws-place.ts'
import { type ConfigurationDocument, type PartName, readDocument, type Stage } from './configuration-document.ts'
import { openSource } from './configuration-source.ts'
import { createSettingsKeys, isEncrypted, type SettingsKeys } from './encrypted-settings.ts'
import { readSettings, type Setting, type Settings, SettingsError } from './settings.ts'

export type Environment = Readonly<Record<string, string | undefined>>
type Schema = Record<string, Setting<unknown>>

/** What a schema must have to be read in layers. */
interface OwnSettings {
  WAYBILL_ENV: Setting<Stage | undefined>
  CONFIG_URI: Setting<string | undefined>
  WAYBILL_CONFIG_KEY: Setting<string[] | undefined>
  AWS_REGION: Setting<string | undefined>
  AWS_ENDPOINT_URL: Setting<string | undefined>
  AWS_ENDPOINT_URL_S3: Setting<string | undefined>
  AWS_ENDPOINT_URL_KMS: Setting<string | undefined>
}

/** The name of the setting whose values are keys. */
export const keySetting = 'WAYBILL_CONFIG_KEY'

/** One place where values stand. */
export interface Layer {
  /** Such as `prod of s3://bucket/key`; undefined for the environment. */
  readonly place: string | undefined
  readonly values: Environment
}

export interface Configuration<S> {
  readonly settings: S
  /** The effective values as text, opened: for comparing two readings, never to be shown. */
  readonly texts: ReadonlyMap<string, string>
  /** Where a setting's value stands, for whoever must mend it; undefined for the environment and for defaults. */
  placeOf(name: string): string | undefined
  /** Of the document, where there is one. */
  readonly version: string | undefined
}

/**
 * Reads environment and document, opens what is encrypted and checks everything. Answers undefined where the document still is
 * the one of `known`. Throws a SettingsError with all that is bad, or a ConfigurationUnavailable where trying again may help.
 */
export async function readConfiguration<S extends Schema & OwnSettings>(
  schema: S,
  environment: Environment,
  known?: string,
): Promise<Configuration<Settings<S>> | undefined> {
  const own = readOwnSettings(schema, environment)
  const layers: Layer[] = [{ place: undefined, values: environment }]
  let version: string | undefined
  if (own.CONFIG_URI !== undefined) {
    const reading = await openSource(own.CONFIG_URI, awsPlaceOf(own)).read(known)
    if (!reading) return undefined
    version = reading.version
    layers.push(...layersOf(readDocument(reading.text, own.CONFIG_URI), own.WAYBILL_ENV, own.CONFIG_URI))
  }
  const keys = await openKeys(schema, layers, awsPlaceOf(own))
  return { ...readLayers(schema, layers, keys), version }
}

type Own = { [K in keyof OwnSettings]: OwnSettings[K] extends Setting<infer T> ? T : never }

/** What must be known before a document is: the environment alone says it. */
export function readOwnSettings(schema: OwnSettings, environment: Environment): Own {
  const { WAYBILL_ENV, CONFIG_URI, AWS_REGION, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_KMS } = schema
  const own = { WAYBILL_ENV, CONFIG_URI, AWS_REGION, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_KMS }
  return readSettings({ ...own, WAYBILL_CONFIG_KEY: schema.WAYBILL_CONFIG_KEY }, environment)
}

export function awsPlaceOf(own: Own): AwsPlace {
  return {
    region: own.AWS_REGION,
    s3Endpoint: own.AWS_ENDPOINT_URL_S3 ?? own.AWS_ENDPOINT_URL,
    kmsEndpoint: own.AWS_ENDPOINT_URL_KMS ?? own.AWS_ENDPOINT_URL,
  }
}

/** The parts of a document that hold for `stage`, highest first. Throws a SettingsError where the stage has none. */
export function layersOf(document: ConfigurationDocument, stage: Stage | undefined, place: string): Layer[] {
  if (stage !== undefined && !document[stage]) {
    throw new SettingsError([`WAYBILL_ENV is ${stage}, and ${place} has no part ${stage}`])
  }
  const names: PartName[] = stage === undefined ? ['default'] : [stage, 'default']
  return names.flatMap(name => {
    const values = document[name]
    return values ? [{ place: `${name} of ${place}`, values }] : []
  })
}

/** All keys that the layers name, those of the highest first; KMS is asked only where something is encrypted. */
export async function openKeys(schema: OwnSettings, layers: Layer[], aws: AwsPlace): Promise<SettingsKeys> {
  const entries = layers.flatMap(layer => keysIn(schema, layer))
  const isNeeded = layers.some(({ values }) => Object.values(values).some(value => value && isEncrypted(value)))
  return isNeeded ? openEntries(entries, aws) : createSettingsKeys([])
}

/** The same, whether or not anything is encrypted yet. */
export async function openAllKeys(schema: OwnSettings, layers: Layer[], aws: AwsPlace): Promise<SettingsKeys> {
  const entries = layers.flatMap(layer => keysIn(schema, layer))
  return openEntries(entries, aws)
}

async function openEntries(entries: string[], aws: AwsPlace): Promise<SettingsKeys> {
  const sealed = entries.filter(entry => entry.startsWith('kms:'))
  const opened = sealed.length > 0 ? await (await import('./kms-keys.ts')).openKmsKeys(sealed.map(ofKms), aws) : []
  const bySealed = new Map(sealed.map((entry, at) => [entry, opened[at]!]))
  return createSettingsKeys(entries.map(entry => bySealed.get(entry) ?? Buffer.from(entry, 'base64')))
}

const ofKms = (entry: string) => entry.slice('kms:'.length)

/** A key beside what it opens would be no secret: a document holds only what KMS must open. */
function keysIn(schema: OwnSettings, { place, values }: Layer): string[] {
  const { [keySetting]: entries = [] } = readSettings({ [keySetting]: schema[keySetting] }, values)
  if (place === undefined || entries.every(entry => entry.startsWith('kms:'))) return entries
  throw new SettingsError([`${keySetting} may stand in a document only as kms:… (in ${place})`])
}

interface Value {
  text: string
  place: string | undefined
  wasEncrypted: boolean
}

/** Reads every setting from the highest layer that has it; an empty value counts as none. Throws a SettingsError that names all that is bad. */
export function readLayers<S extends Schema>(
  schema: S,
  layers: Layer[],
  keys: SettingsKeys,
): Omit<Configuration<Settings<S>>, 'version'> {
  const lines = layers.flatMap(layer => strangersIn(schema, layer))
  const values = new Map<string, Value>()
  for (const name of Object.keys(schema)) {
    const layer = layers.find(({ values: of }) => of[name] !== undefined && of[name] !== '')
    if (!layer) continue
    const given = layer.values[name]!
    const wasEncrypted = isEncrypted(given)
    const text = wasEncrypted ? keys.decrypt(name, given) : given
    if (text === undefined) lines.push(unopened(name, layer.place, keys))
    else values.set(name, { text, place: layer.place, wasEncrypted })
  }
  const settings: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(schema)) {
    const value = values.get(name)
    const text = value?.text ?? setting.fallback
    if (text === undefined) continue
    try {
      settings[name] = setting.parse(text)
    } catch (error) {
      lines.push(`${name} ${(error as Error).message}${remark(setting, text, value)}`)
    }
  }
  if (lines.length > 0) throw new SettingsError(lines)
  // It has done its work: nobody needs to know it from now on.
  delete settings[keySetting]
  values.delete(keySetting)
  const texts = new Map([...values].map(([name, { text }]) => [name, text]))
  return { settings: settings as Settings<S>, texts, placeOf: name => values.get(name)?.place }
}

/** The environment is everybody's; a document holds settings and nothing else. */
function strangersIn(schema: Schema, { place, values }: Layer): string[] {
  if (place === undefined) return []
  return Object.keys(values).flatMap(name => {
    if (!Object.hasOwn(schema, name)) return [`${name} is no setting (in ${place})`]
    return schema[name]!.environmentOnly ? [`${name} is read from the environment alone (in ${place})`] : []
  })
}

function unopened(name: string, place: string | undefined, keys: SettingsKeys): string {
  const where = place === undefined ? '' : ` (in ${place})`
  return keys.isEmpty
    ? `${name} is encrypted${where}: set ${keySetting}`
    : `${name} cannot be opened${where}: it was encrypted with another key or for another setting, or was changed`
}

function remark(setting: Setting<unknown>, text: string, value: Value | undefined): string {
  const shown = setting.secret || value?.wasEncrypted ? [] : [`it is "${text}"`]
  const where = value?.place === undefined ? [] : [`in ${value.place}`]
  const words = [...shown, ...where]
  return words.length > 0 ? ` (${words.join(', ')})` : ''
}
