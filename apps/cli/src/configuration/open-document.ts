// A document of settings as the command line handles it: read from a file, stdin or S3, with the keys that open it.
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { settingsSchema } from '@waybill/contracts/settings'
import {
  awsPlaceOf,
  type ConfigurationDocument,
  ConfigurationUnavailable,
  type Layer,
  openAllKeys,
  openSource,
  readDocument,
  readOwnSettings,
  SettingsError,
  type SettingsKeys,
} from '@waybill/platform/config'
import { ConfigurationOutOfReach, Refusal, UsageError } from '../failures.ts'

export interface OpenDocument {
  /** As it was named. */
  readonly place: string
  readonly text: string
  readonly document: ConfigurationDocument
}

const example = 'waybill config check settings.json'

/** `named`: a path, `-` for stdin, `file:…` or `s3://bucket/key`. */
export async function openDocument(named: string | undefined): Promise<OpenDocument> {
  if (named === undefined) throw new UsageError('which document? A file, - for stdin, or s3://bucket/key', example)
  const content = await toldPlainly(() => read(named))
  return { place: named, text: content, document: await toldPlainly(async () => readDocument(content, named)) }
}

async function read(named: string): Promise<string> {
  if (named === '-') return text(process.stdin)
  if (/^(file:|s3:)/.test(named)) return (await openSource(named, awsPlaceOf(own())).read())!.text
  try {
    return await readFile(named, 'utf8')
  } catch (error) {
    throw new UsageError((error as Error).message, example)
  }
}

const own = () => readOwnSettings(settingsSchema, process.env)

/** The keys of WAYBILL_CONFIG_KEY, and those that parts of the document hold for KMS to open. */
export async function keysFor(document: ConfigurationDocument, place: string): Promise<SettingsKeys> {
  const environment: Layer = { place: undefined, values: process.env }
  const parts = Object.entries(document).map(([name, values]): Layer => ({ place: `${name} of ${place}`, values }))
  return toldPlainly(() => openAllKeys(settingsSchema, [environment, ...parts], awsPlaceOf(own())))
}

/** What is wrong with settings is a refusal with a line for each; what cannot be reached may be later. */
export async function toldPlainly<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof SettingsError) throw new Refusal('SETTINGS', 'The settings are wrong', error.message)
    if (error instanceof ConfigurationUnavailable) throw new ConfigurationOutOfReach(error.message)
    throw error
  }
}
