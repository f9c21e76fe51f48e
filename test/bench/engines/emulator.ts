// A cloud as the bench has it: an emulator on this machine, whose cost is known and is not ours.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cpuMillisecondsOf, descendantsOf } from '../process-facts.ts'
import { startEmulatorProcess } from '../started-process.ts'

export const cloudNames = ['AWS', 'AZURE', 'GOOGLE'] as const
export type CloudName = (typeof cloudNames)[number]

export interface Emulator {
  /** As `PATCH /clouds/:name` takes them, and the file that they stand in. */
  readonly settings: Record<string, unknown>
  readonly settingsFile: string
  /** Of it and of what it has started. */
  readonly cpuMilliseconds: number
  stop(): Promise<void>
}

export async function startEmulator(cloud: CloudName, home: string): Promise<Emulator> {
  const settingsFile = join(home, 'settings.json')
  const process = await startEmulatorProcess(cloud, home, settingsFile)
  return {
    settings: JSON.parse(readFileSync(settingsFile, 'utf8')) as Record<string, unknown>,
    settingsFile,
    get cpuMilliseconds() {
      return [process.pid, ...descendantsOf(process.pid)].reduce((sum, pid) => sum + cpuMillisecondsOf(pid), 0)
    },
    stop: () => process.stop(),
  }
}
