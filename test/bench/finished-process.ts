// A command that does one thing and ends: what it said, or why not.
import { spawnSync } from 'node:child_process'

/** The bench stands still meanwhile. Throws, with what it said on standard error, where it did not succeed. */
export function runToEnd(command: string, options: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, options, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${options.join(' ')} failed: ${stderr}`)
  return stdout
}

/** What was written before must not be paid for by what is measured next. */
export function settleDisk(folder: string): void {
  runToEnd('sync', ['--file-system', folder])
}
