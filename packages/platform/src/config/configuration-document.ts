// A document of settings: JSON with a part that holds for every stage and a part for each.
import { SettingsError } from './settings.ts'

/** The stages; each may have a part of its own. */
export const stages = ['dev', 'qa', 'prod'] as const
export type Stage = (typeof stages)[number]
const partNames = ['default', ...stages] as const
export type PartName = (typeof partNames)[number]

/** The values of each part, as the environment would hold them. */
export type ConfigurationDocument = { readonly [P in PartName]?: Readonly<Record<string, string>> }

const form = '{ "default": { … }, "dev": { … }, "qa": { … }, "prod": { … } } with texts, numbers, true or false'

/** Reads a document; `place` says where it is. Throws a SettingsError that names parts and settings, and shows no value. */
export function readDocument(text: string, place: string): ConfigurationDocument {
  const document = parseJson(text)
  if (!isObject(document)) throw new SettingsError([`CONFIG_URI ${place} is no JSON of the form ${form}`])
  const lines: string[] = []
  const parts: Record<string, Record<string, string>> = {}
  for (const [name, part] of Object.entries(document)) {
    if (!partNames.some(known => known === name)) {
      lines.push(`CONFIG_URI ${place} has a part ${name}: parts are ${partNames.join(', ')}`)
    } else if (!isObject(part)) {
      lines.push(`CONFIG_URI ${place} has a part ${name} that is no JSON object`)
    } else {
      const values = Object.entries(part)
      for (const [setting, value] of values) {
        if (!['string', 'number', 'boolean'].includes(typeof value))
          lines.push(`${setting} must be a text, a number, true or false (in ${name} of ${place})`)
      }
      parts[name] = Object.fromEntries(values.map(([setting, value]) => [setting, String(value)]))
    }
  }
  if (lines.length > 0) throw new SettingsError(lines)
  return parts
}

function parseJson(text: string): unknown {
  try {
    // Editors of some systems put a mark of the byte order before it.
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    // What JSON.parse says shows a piece of the text, which may be a secret.
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
