// A cloud as the bench has it: an emulator on this machine, whose cost is known and is not ours.
import { readFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { cpuMillisecondsOf, descendantsOf, threadsOf } from '../process-facts.ts'
import { startEmulatorProcess } from '../started-process.ts'

export const cloudNames = ['AWS', 'AZURE', 'GOOGLE'] as const
export type CloudName = (typeof cloudNames)[number]

export interface Emulator {
  /** As `PATCH /clouds/:name` takes them, and the file that they stand in. */
  readonly settings: Record<string, unknown>
  readonly settingsFile: string
  /** Of it and of what it has started. */
  readonly cpuMilliseconds: number
  /** From now on it is among the last to get a processor: what it plays has processors of its own, elsewhere. */
  giveWay(): void
  stop(): Promise<void>
}

export async function startEmulator(cloud: CloudName, home: string): Promise<Emulator> {
  const settingsFile = join(home, 'settings.json')
  const process = await startEmulatorProcess(cloud, home, settingsFile)
  const processes = () => [process.pid, ...descendantsOf(process.pid)]
  return {
    settings: JSON.parse(readFileSync(settingsFile, 'utf8')) as Record<string, unknown>,
    settingsFile,
    get cpuMilliseconds() {
      return processes().reduce((sum, pid) => sum + cpuMillisecondsOf(pid), 0)
    },
    giveWay() {
      for (const thread of processes().flatMap(threadsOf)) setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL)
    },
    stop: () => process.stop(),
  }
}
