// Where a document of settings lies: a file, or an object in S3. What waiting may mend is told apart from what it cannot.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { AwsPlace } from './aws-place.ts'
import { ConfigurationUnavailable, type Reading, refuseSize } from './reading.ts'
import { SettingsError } from './settings.ts'

export interface ConfigurationSource {
  /**
   * Answers the document, or undefined where it still is the one of `known`. Throws a SettingsError where nothing is
   * there or we may not read it, a ConfigurationUnavailable where that may pass.
   */
  read(known?: string): Promise<Reading | undefined>
}

/** `uri`: `file:<path>` or `s3://bucket/key`. */
export function openSource(uri: string, aws: AwsPlace): ConfigurationSource {
  if (uri.startsWith('file:')) return { read: known => readFromFile(uri, known) }
  return {
    async read(known) {
      // Loaded where it is used: most processes do without.
      const { readFromS3 } = await import('./s3-configuration.ts')
      return readFromS3(uri, aws, known)
    },
  }
}

async function readFromFile(uri: string, known: string | undefined): Promise<Reading | undefined> {
  let bytes: Buffer
  try {
    bytes = await readFile(pathOf(uri))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EIO' || code === 'EMFILE' || code === 'ESTALE') throw new ConfigurationUnavailable(message)
    throw new SettingsError([`CONFIG_URI ${uri} cannot be read: ${message}`])
  }
  refuseSize(uri, bytes.length)
  const version = createHash('sha256').update(bytes).digest('hex')
  return version === known ? undefined : { text: bytes.toString('utf8'), version }
}

/** `file:/etc/waybill.json`, `file:///etc/waybill.json`, and `file:waybill.json` beside where the process was started. */
function pathOf(uri: string): string {
  return uri.startsWith('file:/') ? fileURLToPath(uri) : decodeURIComponent(uri.slice('file:'.length))
}
