// Follows a process on the terminal to its end.
import type { Process } from '@waybill/sdk'
import { Refusal } from './failures.ts'
import { startProgress } from './progress.ts'
import type { Session } from './session.ts'
import type { Terminal } from './terminal.ts'

/** Shows every change, with --json each on a line. Throws a Refusal where the process fails. */
export async function followProcess(processId: string, { client }: Session, terminal: Terminal): Promise<void> {
  const written: Promise<void>[] = []
  const progress = await startProgress(terminal, line => {
    written.push(terminal.print(line))
  })
  let last: Process | undefined
  try {
    for await (const process of client.processes.watch(processId)) {
      last = process
      if (terminal.json) await terminal.print(JSON.stringify(process))
      else progress.show({ percentage: process.percentage, text: process.step, etaSeconds: process.eta_seconds })
    }
  } finally {
    progress.end()
    await Promise.all(written)
  }
  if (last?.status === 2) {
    throw new Refusal('PROCESS_FAILED', 'The process has failed', last.reason ?? `process ${processId} has failed`)
  }
  if (!terminal.json) await terminal.print(`delivered: waybill data --process ${processId} --out <file>`)
}
