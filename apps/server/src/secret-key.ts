// The key that encrypts what is secret in the databases: given, or made once where one process has everything to itself.
import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serviceNames } from '@waybill/contracts'
import type { Settings } from '@waybill/contracts/settings'
import { SettingsError } from '@waybill/platform/config'
import { databaseUrlOf } from '@waybill/platform/service'

/** True where one process hosts all services on SQLite with the in-process broker: the laptop. */
export function isEverythingHere(settings: Settings): boolean {
  return (
    serviceNames.every(name => settings.WAYBILL_SERVICES.includes(name)) &&
    serviceNames.every(name => databaseUrlOf(settings, name).startsWith('sqlite:')) &&
    settings.BROKER_URL === 'memory:'
  )
}

/** 32 bytes. Throws a SettingsError where the key must be given and is not, or the file of a made one was damaged. */
export function findSecretKey(settings: Settings): Buffer {
  if (settings.WAYBILL_SECRET_KEY) return settings.WAYBILL_SECRET_KEY
  if (!isEverythingHere(settings)) {
    throw new SettingsError([
      'WAYBILL_SECRET_KEY is required unless one process hosts all services on SQLite (openssl rand -base64 32)',
    ])
  }
  const file = join(settings.WAYBILL_HOME, 'secret.key')
  const key = Buffer.from(readFile(file) ?? makeKey(file), 'base64')
  if (key.length !== 32)
    throw new SettingsError([`WAYBILL_SECRET_KEY is not set and ${file} does not hold 32 bytes in base64`])
  return key
}

function readFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Written whole, then linked into place: a crash leaves no half key, and of two processes one key wins. */
function makeKey(file: string): string {
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 })
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flush: true })
  try {
    linkSync(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
  return readFileSync(file, 'utf8')
}
