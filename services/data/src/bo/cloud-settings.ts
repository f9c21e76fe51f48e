// Checks a cloud's settings against its driver's schema, as a whole.
import { refuseField, validationFailed } from '@waybill/platform/http'
import type { CloudSettings } from '../clouds/cloud-registry.ts'
import { type CloudDriver, findDriver } from '../clouds/factory.ts'

/** Throws 400 for `driver` where this build has no such one. */
export async function findDriverOrRefuse(name: string): Promise<CloudDriver> {
  const driver = await findDriver(name)
  if (!driver) throw refuseField('driver', `${name} is not part of this build`)
  return driver
}

/** Answers the settings as they are to be stored; throws 400 naming `settings.<key>` for each bad one, never its value. */
export function checkSettings(driver: CloudDriver, settings: CloudSettings): CloudSettings {
  const { value, error } = driver.settings.validate(settings, {
    abortEarly: false,
    convert: false,
    errors: { label: false },
  })
  if (!error) return value
  throw validationFailed(
    error.details.map(({ path, type, message, context }) => ({
      field: ['settings', ...path].join('.'),
      // Joi's words for a pattern or a list of values repeat the value, which may be a secret.
      message: /pattern|only/.test(type) && context?.value !== undefined ? 'is not valid' : message,
    })),
  )
}
