// What Linux knows about a process: its processor time and its memory (proc(5)).
import { readdirSync, readFileSync } from 'node:fs'

/** USER_HZ, which Linux has fixed for every program that looks from outside. */
const ticksPerSecond = 100

/** User and system time of all its threads, in steps of 10 ms. */
export function cpuMillisecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name in parentheses may hold anything: fields are counted behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond
}

/** False for one that has ended, whether or not its parent has asked how. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

export function residentMebibytesOf(pid: number): number {
  return readStatus(pid, 'VmRSS')
}

/** The most that it ever had since it was started. */
export function peakResidentMebibytesOf(pid: number): number {
  return readStatus(pid, 'VmHWM')
}

/** Of what it has now: pages of files, most of them its program's, which all processes of that program share and Linux may take back. */
export function residentFileMebibytesOf(pid: number): number {
  return readStatus(pid, 'RssFile')
}

function readStatus(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)
  if (!match) throw new Error(`/proc/${pid}/status has no ${field}: has the process ended?`)
  return Number(match[1]) / 1_024
}

/** The processes that `pid` has started and theirs, the youngest generation first. */
export function descendantsOf(pid: number): number[] {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap(task =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    )
    return [...children.flatMap(descendantsOf), ...children]
  } catch {
    // It has ended in between.
    return []
  }
}

/** The ids of all threads that it has now. */
export function threadsOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).map(Number)
}
