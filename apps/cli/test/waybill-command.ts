// Runs the real `waybill`, as a person or a script would, with a configuration folder of its own.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const program = fileURLToPath(new URL('../../../node_modules/.bin/waybill', import.meta.url))
export const password = 'correct horse battery'

export interface Outcome {
  code: number | null
  out: string
  err: string
}

export interface Running {
  readonly pid: number
  /** What was printed so far. */
  output(): { out: string; err: string }
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<Outcome>
}

export interface Person {
  /** $XDG_CONFIG_HOME */
  readonly config: string
  /** Where the commands run, and their files go. */
  readonly folder: string
  /** `waybill <words>`, to its end. */
  run(words: string[], options?: RunOptions): Promise<Outcome>
  start(words: string[], options?: RunOptions): Running
  /** A line of bash in which `waybill` is on the path. */
  shell(line: string, options?: RunOptions): Promise<Outcome>
  /** The same on a terminal that is 100 columns wide and 40 rows high; `input` is typed. Everything it shows is in `out`. */
  terminal(line: string, options?: RunOptions): Promise<Outcome>
  remove(): Promise<void>
}

export interface RunOptions {
  input?: string
  env?: Record<string, string>
}

export async function newPerson(server: string): Promise<Person> {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-person-'))
  const config = join(folder, 'config')
  const environment = {
    PATH: `${dirname(program)}:${process.env.PATH}`,
    HOME: folder,
    XDG_CONFIG_HOME: config,
    WAYBILL_SERVER: server,
  }
  const start = (command: string, words: string[], { input = '', env = {} }: RunOptions = {}): Running => {
    const child = spawn(command, words, { cwd: folder, env: { ...environment, ...env } })
    const printed = { out: '', err: '' }
    child.stdout.setEncoding('utf8').on('data', text => {
      printed.out += text
    })
    child.stderr.setEncoding('utf8').on('data', text => {
      printed.err += text
    })
    // Whoever does not read it, ends before it is written.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    const ended = new Promise<Outcome>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', code => resolve({ code, ...printed }))
    })
    return { pid: child.pid!, output: () => ({ ...printed }), kill: signal => child.kill(signal), ended }
  }
  return {
    config,
    folder,
    start: (words, options) => start(program, words, options),
    run: (words, options) => start(program, words, options).ended,
    shell: (line, options) => start('bash', ['-c', line], options).ended,
    terminal: (line, options) =>
      start('script', ['-qec', `stty cols 100 rows 40; ${line}`, '/dev/null'], options).ended,
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

let people = 0

/** Somebody who is registered with LOCAL and signed in. */
export async function newCustomer(server: string): Promise<Person & { email: string }> {
  const person = await newPerson(server)
  const email = `person-${process.pid}-${people++}@example.com`
  const { code, err } = await person.run(['register', email, '--cloud', 'LOCAL'], { input: password })
  if (code !== 0) throw new Error(`registering was refused: ${err}`)
  return { ...person, email }
}
