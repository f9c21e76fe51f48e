// A server that the bench has started, ours or a floor: when it was ready, what it costs, and its end by its own id.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import {
  cpuMillisecondsOf,
  descendantsOf,
  isRunning,
  peakResidentMebibytesOf,
  residentFileMebibytesOf,
  residentMebibytesOf,
} from './process-facts.ts'

export interface StartOptions {
  command: string
  options: string[]
  environment: Record<string, string>
  folder: string
  /** Where its standard error goes, for it costs as much there as it would in a file of an operator. */
  logFile: string
}

const readyWithinMilliseconds = 30_000
const lookEveryMilliseconds = 5
const readyLine = /\bready (https?:\/\/\S+)\s/
const alive = new Set<number>()

export class RunningProcess {
  readonly pid: number
  readonly port: number
  /** performance.now() of the moment before it was started, and of its ready line. */
  readonly startedAt: number
  readonly readyAt: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, startedAt: number, url: string) {
    this.#child = child
    this.pid = child.pid!
    this.startedAt = startedAt
    this.readyAt = performance.now()
    this.port = Number(new URL(url).port)
  }

  /** Resolves at its line `… ready http://…`. */
  static async start({ command, options, environment, folder, logFile }: StartOptions): Promise<RunningProcess> {
    const log = openSync(logFile, 'a')
    const startedAt = performance.now()
    const child = spawn(command, options, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', log] })
    closeSync(log)
    if (child.pid !== undefined) alive.add(child.pid)
    child.once('exit', () => alive.delete(child.pid!))
    const tooLong = setTimeout(() => child.kill('SIGKILL'), readyWithinMilliseconds)
    const url = await readReadyLine(child)
    clearTimeout(tooLong)
    if (url !== undefined) return new RunningProcess(child, startedAt, url)
    const said = readFileSync(logFile, 'utf8').slice(-2_000)
    throw new Error(
      `${command} ${options.join(' ')} ended, or was not ready within ${readyWithinMilliseconds} ms:\n${said}`,
    )
  }

  get secondsToReady(): number {
    return (this.readyAt - this.startedAt) / 1_000
  }
  get cpuMilliseconds(): number {
    return cpuMillisecondsOf(this.pid)
  }
  get residentMebibytes(): number {
    return residentMebibytesOf(this.pid)
  }
  get peakResidentMebibytes(): number {
    return peakResidentMebibytesOf(this.pid)
  }
  get residentFileMebibytes(): number {
    return residentFileMebibytesOf(this.pid)
  }

  /** In good order. */
  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  /** As a crash would. */
  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    // npm may end before the server that it has started, or not take it along: the next one must find the files free.
    const started = descendantsOf(this.pid)
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exit = once(this.#child, 'exit')
      this.#child.kill(signal)
      await exit
    }
    for (const pid of started) end(pid, signal)
    while (started.some(isRunning)) await pause(lookEveryMilliseconds)
  }

  /** For a bench that ends early: nothing that it started may outlive it. */
  static killAll(): void {
    for (const pid of [...alive].flatMap(pid => [...descendantsOf(pid), pid])) end(pid, 'SIGKILL')
    alive.clear()
  }
}

/** Its URL; undefined where the process ends without one. */
function readReadyLine(child: ChildProcess): Promise<string | undefined> {
  return new Promise(resolve => {
    let said = ''
    child.stdout!.setEncoding('utf8').on('data', text => {
      said = `${said}${text}`.slice(-1_000)
      const url = readyLine.exec(said)?.[1]
      if (url !== undefined) resolve(url)
    })
    child.once('error', () => resolve(undefined))
    child.once('exit', () => resolve(undefined))
  })
}

function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended by itself.
  }
}
