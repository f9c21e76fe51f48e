// Starts processes that end with the process that runs the test, however that ends: what is left behind eats the machine and its engines.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Part of every Linux; it lets the kernel kill what it starts when its parent dies. */
const setpriv = '/usr/bin/setpriv'
const bound = new Set<ChildProcess>()

/** Like `spawn`. Where there is no setpriv, a test run that is killed leaves its processes behind; one that ends does not. */
export function spawnBound(program: string, options: string[], how: SpawnOptions): ChildProcess {
  const child = existsSync(setpriv)
    ? spawn(setpriv, ['--pdeathsig', 'KILL', program, ...options], how)
    : spawn(program, options, how)
  if (bound.size === 0) process.once('exit', killBound)
  bound.add(child)
  child.once('exit', () => {
    bound.delete(child)
    if (bound.size === 0) process.off('exit', killBound)
  })
  return child
}

function killBound(): void {
  for (const child of bound) child.kill('SIGKILL')
}
