// One server process of the installation under test: it can be killed, stopped short, sent to another time, and started on other code.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceName } from '@waybill/contracts'
import type { Code } from './code.ts'

export interface ProcessOptions {
  readonly name: string
  readonly services: ServiceName[]
  readonly port: number
  readonly environment: Record<string, string>
  readonly code: Code
  /** Its standard error goes to a file here. */
  readonly folder: string
  /** libfaketime, where its clock is to be moved. */
  readonly clockLibrary: string | undefined
}

/** Longer than the minute that a process waits for its databases. */
const readyWithinMilliseconds = 75_000

export class WaybillProcess {
  readonly name: string
  readonly services: ServiceName[]
  readonly url: string
  readonly logFile: string
  /** When it is started next, it runs this. */
  code: Code
  /** Told of an end that nobody asked for. */
  onUnexpectedEnd: (how: string) => void = () => {}
  readonly #options: ProcessOptions
  readonly #clockFile: string
  #child: ChildProcess | undefined
  #ended: Promise<void> = Promise.resolve()

  constructor(options: ProcessOptions) {
    this.#options = options
    this.name = options.name
    this.services = options.services
    this.url = `http://127.0.0.1:${options.port}`
    this.logFile = join(options.folder, `${options.name}.log`)
    this.#clockFile = join(options.folder, `${options.name}.clock`)
    this.code = options.code
    this.setClock(0)
  }

  get isRunning(): boolean {
    return this.#child !== undefined
  }

  /** Resolves when it says that it is ready. */
  async start(): Promise<void> {
    const { environment, port } = this.#options
    const log = openSync(this.logFile, 'a')
    const child = spawn(process.execPath, [join(this.code.folder, 'scripts/start.mjs')], {
      cwd: this.code.folder,
      env: { ...environment, ...this.#clockSettings(), PORT: String(port) },
      stdio: ['ignore', 'pipe', log],
    })
    closeSync(log)
    this.#child = child
    this.#ended = new Promise(resolve =>
      child.once('exit', (code, signal) => {
        if (this.#child === child) {
          this.#child = undefined
          this.onUnexpectedEnd(`${this.name} ended by itself with ${code ?? signal}: ${this.lastWords()}`)
        }
        resolve()
      }),
    )
    await this.#ready(child)
  }

  #ready(child: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      const tooLong = setTimeout(
        () => reject(new Error(`${this.name} is not ready within ${readyWithinMilliseconds} ms: ${this.lastWords()}`)),
        readyWithinMilliseconds,
      )
      const settle = (settled: () => void) => {
        clearTimeout(tooLong)
        settled()
      }
      let said = ''
      child.stdout!.setEncoding('utf8').on('data', text => {
        said = `${said}${text}`.slice(-1_000)
        if (/^waybill ready /m.test(said)) settle(resolve)
      })
      child.once('error', error => settle(() => reject(error)))
      child.once('exit', code =>
        settle(() => reject(new Error(`${this.name} ended with ${code} before it was ready: ${this.lastWords()}`))),
      )
    })
  }

  /** At this very instant; resolves once it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#child = undefined
    child?.kill(signal)
    await this.#ended
  }

  /** It stands still, holding all that it holds. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Moves its wall clock away from the true time; seconds pass as before. Seen within two seconds. */
  setClock(seconds: number): void {
    writeFileSync(this.#clockFile, `${seconds < 0 ? '' : '+'}${seconds}\n`)
  }

  lastWords(): string {
    return readFileSync(this.logFile, 'utf8').slice(-600).trim()
  }

  #clockSettings(): Record<string, string> {
    const { clockLibrary } = this.#options
    if (!clockLibrary) return {}
    return {
      LD_PRELOAD: clockLibrary,
      FAKETIME_TIMESTAMP_FILE: this.#clockFile,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    }
  }
}
