// Whatever ends the suite, what it started ends with it: processes that stay would hold ports and disks of the next run.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The last resort, for the end of our own process; nothing here waits. */
export function leaveNothingBehind(): void {
  for (const pid of childrenOf(process.pid)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
  for (const folder of mounted) {
    try {
      execFileSync('umount', ['--lazy', folder], { stdio: 'ignore' })
    } catch {
      // It was removed in good order.
    }
  }
}

const mounted = new Set<string>()

/** To be unmounted at the end, whatever happens. */
export function noteMount(folder: string): void {
  mounted.add(folder)
}

/** proc(5): of the thread that started them, which is our first. */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
