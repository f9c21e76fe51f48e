// How a program of the server ends that could not do its work: a line for people instead of a stack trace, and an exit code.
import { SettingsError } from '@waybill/platform/config'
import { DatabaseUnavailable } from '@waybill/platform/db'

/** sysexits.h EX_CONFIG: the settings are wrong, starting again will not help. */
const badSettings = 78

export function explainFailure(error: unknown): never {
  if (error instanceof SettingsError) {
    for (const line of error.lines) process.stderr.write(`${line}\n`)
    process.exit(badSettings)
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
