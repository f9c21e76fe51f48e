export { type Host, type HostOptions, hostServices } from './host.ts'
export { servicesToHost } from './kinds-of-work.ts'
export {
  type CreateService,
  databaseUrlOf,
  openMigrated,
  openStore,
  type RetriedWork,
  type Service,
  type ServiceHost,
  type ServiceStore,
} from './service.ts'
