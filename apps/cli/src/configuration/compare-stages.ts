// What differs between two stages of a document. Secrets show as fingerprints: equal for equal values, and nobody can guess from one to the other without the key.
import { createHmac, randomBytes } from 'node:crypto'
import { settingsSchema } from '@waybill/contracts/settings'
import { isEncrypted, layersOf, type Setting, type SettingsKeys, type Stage } from '@waybill/platform/config'
import type { OpenDocument } from './open-document.ts'

export interface Difference {
  setting: string
  left: string | null
  right: string | null
}

const schema: Record<string, Setting<unknown>> = settingsSchema

/** Compares what holds for either stage, its default part included. */
export function compareStages(
  { document, place }: OpenDocument,
  keys: SettingsKeys,
  sides: [Stage, Stage],
): Difference[] {
  // Without a key of its own a fingerprint is good for this one comparison.
  const fingerprintKey = keys.deriveKey('fingerprint') ?? randomBytes(32)
  const [left, right] = sides.map(stage => effective(layersOf(document, stage, place))) as [Values, Values]
  const names = [...new Set([...left.keys(), ...right.keys()])].sort()
  return names.flatMap(name => {
    const [a, b] = [shown(name, left.get(name)), shown(name, right.get(name))]
    return a === b ? [] : [{ setting: name, left: a, right: b }]
  })

  function shown(name: string, value: string | undefined): string | null {
    if (value === undefined) return null
    const opened = isEncrypted(value) ? keys.decrypt(name, value) : value
    const isSecret = isEncrypted(value) || (schema[name]?.secret && !schema[name].isHarmless?.(value))
    if (!isSecret) return value
    if (opened !== undefined) return `secret ${fingerprint(`${name} ${opened}`)}`
    return `not opened ${fingerprint(value)}`
  }

  function fingerprint(value: string): string {
    return createHmac('sha256', fingerprintKey).update(value).digest('hex').slice(0, 12)
  }
}

type Values = Map<string, string>

function effective(layers: { values: Readonly<Record<string, string | undefined>> }[]): Values {
  const values: Values = new Map()
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer.values)) {
      if (value && !values.has(name)) values.set(name, value)
    }
  }
  return values
}
