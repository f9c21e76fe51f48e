// Reads a password where no history and no list of processes keeps it: a setting, a terminal without echo, or a pipe.
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { UsageError } from './failures.ts'

/**
 * The password from WAYBILL_PASSWORD, typed without echo where stdin is a terminal, or else the first line of stdin. Throws a UsageError where there
 * is none.
 */
export async function readPassword(prompt = 'Password: '): Promise<string> {
  return given(process.env.WAYBILL_PASSWORD || (await readLine(prompt)), 'WAYBILL_PASSWORD')
}

/** The same for one that is chosen just now, from the setting `variable`: typed twice. */
export async function choosePassword(variable: string): Promise<string> {
  const password = given(process.env[variable] || (await readLine('New password: ')), variable)
  const isTyped = !process.env[variable] && process.stdin.isTTY
  if (isTyped && password !== (await readLine('Once more: '))) {
    throw new UsageError('the two passwords are not the same: try again')
  }
  return password
}

/** Any secret, typed without echo where stdin is a terminal, or else all of stdin but the end of its last line. Throws a UsageError where there is none. */
export async function readSecret(prompt: string): Promise<string> {
  const secret = process.stdin.isTTY ? await readLine(prompt) : (await text(process.stdin)).replace(/\r?\n$/, '')
  if (secret) return secret
  throw new UsageError('no value was given: type it, or pipe it in')
}

function given(password: string | undefined, variable: string): string {
  if (password) return password
  throw new UsageError(
    `no password was given: type it, pipe it in, or set ${variable}`,
    'waybill login ada@example.com < password.txt',
  )
}

function readLine(prompt: string): Promise<string | undefined> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const isTyped = process.stdin.isTTY === true
  if (isTyped) process.stderr.write(prompt)
  const lines = createInterface({ input: process.stdin, output: silent, terminal: isTyped })
  return new Promise((resolve, reject) => {
    lines.once('line', line => {
      resolve(line)
      lines.close()
    })
    lines.once('SIGINT', () => {
      reject(new UsageError('stopped: no password was given'))
      lines.close()
    })
    lines.once('close', () => {
      if (isTyped) process.stderr.write('\n')
      process.stdin.pause()
      resolve(undefined)
    })
  })
}
