// What a reading of a document of settings answers, and how it fails.
import { SettingsError } from './settings.ts'

/** The document, or a key that opens it, is out of reach just now: trying again may help. */
export class ConfigurationUnavailable extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ConfigurationUnavailable'
  }
}

export interface Reading {
  text: string
  /** Another one for another text. */
  version: string
}

/** Settings are a few kilobytes: what is larger is something else. */
const mostBytes = 1_048_576

export function refuseSize(uri: string, bytes: number): void {
  if (bytes > mostBytes) throw new SettingsError([`CONFIG_URI ${uri} has more than ${mostBytes} bytes`])
}
