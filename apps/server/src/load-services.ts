// Loads the services that a process hosts.
import { type ServiceName, serviceNames } from '@waybill/contracts'
import { SettingsError } from '@waybill/platform/config'
import type { CreateService } from '@waybill/platform/service'
import { registry } from './registry.ts'

/** Throws a SettingsError where a bundle of some services is asked for another. */
export function loadServices(names: readonly ServiceName[] = serviceNames): Promise<CreateService[]> {
  const missing = names.filter(name => !Object.hasOwn(registry, name))
  if (missing.length > 0) throw new SettingsError([`WAYBILL_SERVICES names ${missing}, which is not in this bundle`])
  return Promise.all(names.map(name => registry[name]()))
}
