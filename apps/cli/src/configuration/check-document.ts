// What is wrong with a document of settings: for each stage what its processes would refuse at their start, and what they could not know.
import { settingsSchema } from '@waybill/contracts/settings'
import {
  type ConfigurationDocument,
  isEncrypted,
  layersOf,
  type PartName,
  readLayers,
  type Setting,
  SettingsError,
  type SettingsKeys,
  type Stage,
  stages,
} from '@waybill/platform/config'

export interface Findings {
  /** A line for each, beginning with the setting. */
  problems: string[]
  /** What could not be looked at. */
  notes: string[]
}

const schema: Record<string, Setting<unknown>> = settingsSchema

/** `only`: one stage; else all that the document has. */
export function checkDocument(
  document: ConfigurationDocument,
  { place, keys, only }: { place: string; keys: SettingsKeys; only?: Stage },
): Findings {
  const present = stages.filter(stage => document[stage] !== undefined)
  const chosen = only === undefined ? present : [only]
  const problems = new Set<string>()
  const notes: string[] = []
  for (const part of ['default', ...chosen] as PartName[]) {
    for (const line of plainSecretsIn(document, part, place)) problems.add(line)
  }
  const readable = keys.isEmpty ? withoutEncrypted(document, notes) : document
  const effective = new Map<Stage, ReadonlyMap<string, string>>()
  for (const stage of chosen.length > 0 ? chosen : [undefined]) {
    try {
      const { texts } = readLayers(settingsSchema, layersOf(readable, stage, place), keys)
      if (stage) effective.set(stage, texts)
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error
      for (const line of error.lines) problems.add(line)
    }
  }
  for (const line of sharedBetweenStages(effective, place)) problems.add(line)
  return { problems: [...problems], notes }
}

function plainSecretsIn(document: ConfigurationDocument, part: PartName, place: string): string[] {
  return Object.entries(document[part] ?? {}).flatMap(([name, value]) =>
    mustBeEncrypted(name, value) ? [`${name} is secret and not encrypted (in ${part} of ${place})`] : [],
  )
}

/** True for a value that gives a secret away as it stands. */
export function mustBeEncrypted(name: string, value: string): boolean {
  const setting = Object.hasOwn(schema, name) ? schema[name]! : undefined
  return setting?.secret === true && value !== '' && !isEncrypted(value) && !setting.isHarmless?.(value)
}

function withoutEncrypted(document: ConfigurationDocument, notes: string[]): ConfigurationDocument {
  const parts = Object.entries(document).map(([part, values]) => {
    const readable = Object.entries(values).filter(([name, value]) => {
      if (isEncrypted(value)) notes.push(`${name} of ${part} was not looked into: there is no WAYBILL_CONFIG_KEY`)
      return !isEncrypted(value)
    })
    return [part, Object.fromEntries(readable)]
  })
  return Object.fromEntries(parts)
}

/** What two stages must never share: a test would write into what customers see. */
function sharedBetweenStages(effective: Map<Stage, ReadonlyMap<string, string>>, place: string): string[] {
  const found = new Map<string, { stage: Stage; name: string }>()
  const lines: string[] = []
  for (const [stage, texts] of effective) {
    for (const [name, url] of texts) {
      if (!/_DATABASE_URL$|^BROKER_URL$/.test(name) || url === 'memory:') continue
      const where = placeOfUrl(url)
      const first = found.get(where)
      if (first && first.stage !== stage) {
        const what = name === 'BROKER_URL' ? 'broker' : 'database'
        lines.push(`${name} of ${stage} is the ${what} of ${first.stage}, too: each stage has its own (${place})`)
      }
      if (!first) found.set(where, { stage, name })
    }
  }
  return lines
}

/** Whoever signs in, and however: it is the same database. */
function placeOfUrl(url: string): string {
  if (url.startsWith('sqlite:')) return url
  const { protocol, host, pathname } = new URL(url)
  return `${protocol.replace(/s?:$/, '')} ${host.toLowerCase()} ${pathname}`
}
