export { readDuration } from './duration.ts'
export * as setting from './settings.ts'
export { readSettings, type Setting, type Settings, SettingsError } from './settings.ts'
