// Where the figures were taken: without that, they mean nothing.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os'
import { resolve, sep } from 'node:path'

export function describeMachine(folder: string): string {
  return [
    cpus()[0]?.model.trim() ?? arch(),
    `${availableParallelism()} cores`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `${platform()} ${release()}`,
    `files on ${filesystemOf(folder)}`,
    `Node ${process.version}`,
    `commit ${commit()}`,
    new Date().toISOString(),
  ].join(', ')
}

/** A file system in memory makes every commit cheap: whoever reads the figures must see it. */
function filesystemOf(folder: string): string {
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map(line => line.split(' '))
    .filter(([, at]) => at !== undefined && isUnder(resolve(folder), at))
  return mounts.sort((a, b) => b[1]!.length - a[1]!.length)[0]?.[2] ?? 'an unknown file system'
}

function isUnder(path: string, mount: string): boolean {
  return path === mount || path.startsWith(mount.endsWith(sep) ? mount : `${mount}${sep}`)
}

function commit(): string {
  try {
    const folder = import.meta.dirname
    const ask = (...options: string[]) =>
      execFileSync('git', options, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    const changed = ask('status', '--porcelain') !== ''
    return `${ask('rev-parse', '--short', 'HEAD')}${changed ? ' with changes' : ''}`
  } catch {
    return 'unknown'
  }
}
