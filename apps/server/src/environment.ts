// The environment of the process, taken once: what is secret in it is removed, so that no report, thread or child can tell it.
import { settingsSchema } from '@waybill/contracts/settings'
import type { Environment, Setting } from '@waybill/platform/config'

/** Answers all of the environment; settings that are secret are gone from `process.env` afterwards. */
export function takeEnvironment(): Environment {
  // Node.js would write it into every diagnostic report.
  process.report.excludeEnv = true
  const environment = { ...process.env }
  for (const [name, setting] of Object.entries<Setting<unknown>>(settingsSchema)) {
    if (setting.secret) delete process.env[name]
  }
  return environment
}
