// A command that does one thing and ends.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** What it said. Throws, with what it said on standard error, where it did not succeed. */
export async function runToEnd(command: string, options: string[]): Promise<string> {
  return (await execute(command, options)).stdout
}
