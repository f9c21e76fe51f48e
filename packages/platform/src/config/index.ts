export {
  awsPlaceOf,
  type Configuration,
  type Environment,
  keySetting,
  type Layer,
  layersOf,
  openAllKeys,
  openKeys,
  readConfiguration,
  readLayers,
  readOwnSettings,
} from './configuration.ts'
export {
  type ConfigurationDocument,
  type PartName,
  readDocument,
  type Stage,
  stages,
} from './configuration-document.ts'
export { openSource } from './configuration-source.ts'
export { readDuration } from './duration.ts'
export { createSettingsKeys, isEncrypted, type SettingsKeys } from './encrypted-settings.ts'
export { ConfigurationUnavailable } from './reading.ts'
export * as setting from './settings.ts'
export { readSettings, type Setting, type Settings, SettingsError } from './settings.ts'
