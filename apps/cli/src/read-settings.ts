// Reads the settings of a cloud from a file or stdin: there are secrets among them, which no command line should hold.
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { UsageError } from './failures.ts'

/** `file` is a path, or `-` for stdin. Throws a UsageError where there is no JSON object. */
export async function readSettings(file: string): Promise<Record<string, unknown>> {
  const content = file === '-' ? await text(process.stdin) : await readText(file)
  try {
    const settings: unknown = JSON.parse(content)
    if (typeof settings === 'object' && settings !== null && !Array.isArray(settings)) return { ...settings }
  } catch {
    // Told below, without what may be a secret.
  }
  throw new UsageError(`${file === '-' ? 'stdin' : file} holds no JSON object`, 'waybill cloud AWS --settings aws.json')
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new UsageError((error as Error).message, 'waybill cloud AWS --settings aws.json')
  }
}
