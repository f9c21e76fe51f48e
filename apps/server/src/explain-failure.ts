// How a program of the server ends that could not do its work: a line for people instead of a stack trace, and an exit code.
import type { WaybillConfiguration } from '@waybill/contracts/settings'
import { ConfigurationUnavailable, SettingsError } from '@waybill/platform/config'
import { DatabaseUnavailable } from '@waybill/platform/db'

/** sysexits.h EX_CONFIG: the settings are wrong, starting again will not help. */
const badSettings = 78
/** sysexits.h EX_TEMPFAIL: starting again later may help. */
const tryLater = 75

/** `configuration`: undefined until it was read. */
export function explainFailure(error: unknown, configuration?: WaybillConfiguration): never {
  if (error instanceof SettingsError) {
    for (const line of error.lines) process.stderr.write(`${line}${placeOf(line, configuration)}\n`)
    process.exit(badSettings)
  }
  if (error instanceof ConfigurationUnavailable) {
    process.stderr.write(`${error.message}\n`)
    process.exit(tryLater)
  }
  const { code, port, address, stack } = error as NodeJS.ErrnoException & { port?: number; address?: string }
  if (code === 'EADDRINUSE') {
    process.stderr.write(`PORT ${port} is taken on ${address}: stop what listens there or set another PORT\n`)
  } else if (code === 'EACCES' || code === 'EROFS' || code === 'ENOSPC') {
    process.stderr.write(`waybill cannot write where it must: ${(error as Error).message} (see WAYBILL_HOME)\n`)
  } else if (error instanceof DatabaseUnavailable) {
    process.stderr.write(`${(error as Error).message}: start the database, or see *_DATABASE_URL\n`)
  } else {
    process.stderr.write(`${stack}\n`)
  }
  process.exit(1)
}

/** Where the setting stands that the line begins with, unless that is the environment or the line says it itself. */
function placeOf(line: string, configuration: WaybillConfiguration | undefined): string {
  const place = configuration?.placeOf(line.split(' ', 1)[0]!)
  return place === undefined ? '' : ` (in ${place})`
}
