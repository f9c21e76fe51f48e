// Encrypts or opens the settings of a document, in the order that somebody wrote them in, and puts the file back whole.
import { randomBytes } from 'node:crypto'
import { open, rename, rm, stat } from 'node:fs/promises'
import { readDocument } from '@waybill/platform/config'
import type { OpenDocument } from './open-document.ts'

/** Answers the text with each value that `change` answers another for; undefined leaves it. */
export function rewriteValues(
  { text, place }: Pick<OpenDocument, 'text' | 'place'>,
  change: (name: string, value: string, part: string) => string | undefined,
): { text: string; changed: string[] } {
  const parts: Record<string, Record<string, unknown>> = JSON.parse(text.replace(/^\uFEFF/, ''))
  const changed: string[] = []
  for (const [part, values] of Object.entries(readDocument(text, place))) {
    for (const [name, value] of Object.entries(values)) {
      const next = change(name, value, part)
      if (next === undefined) continue
      parts[part]![name] = next
      changed.push(`${name} of ${part}`)
    }
  }
  return { text: `${JSON.stringify(parts, null, indentOf(text))}\n`, changed }
}

function indentOf(text: string): string {
  return /\n([ \t]+)"/.exec(text)?.[1] ?? '  '
}

/** Whole or not at all, and readable by whom it was before. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const { mode } = await stat(path)
  const draft = `${path}.${randomBytes(4).toString('hex')}`
  try {
    const file = await open(draft, 'wx', mode & 0o777)
    await file.writeFile(text)
    await file.sync()
    await file.close()
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}
