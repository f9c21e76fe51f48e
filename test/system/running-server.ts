// Runs the real server, the way `npm start` does, in a process of its own that can be stopped and killed.
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnBound } from './bound-process.ts'

export interface RunningServer {
  readonly url: string
  readonly child: ChildProcess
  readonly home: string
  /** All that it has printed so far. */
  output(): { out: string; err: string }
  /** The operator that the first start made; undefined on later ones. */
  readonly operator: { email: string; password: string } | undefined
  /** SIGKILL: nothing is finished, nothing is said. */
  kill(): Promise<void>
  /** SIGTERM; answers the exit code and how long it took (ms). */
  stop(): Promise<{ code: number | null; milliseconds: number }>
}

const start = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url))
const startWithinMilliseconds = 60_000

/** A folder for one server's files; `remove` when the test is over. */
export async function newHome(): Promise<{ home: string; remove: () => Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'waybill-home-'))
  return { home, remove: () => rm(home, { recursive: true, force: true }) }
}

/** Environment for a server under test: limits off unless set. */
export function serverEnvironment(home: string, env: Record<string, string>): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env
  return {
    PATH,
    HOME,
    WAYBILL_HOME: home,
    PORT: '0',
    LOG_LEVEL: 'warn',
    RATE_LIMIT_PER_MINUTE: '0',
    SIGN_IN_LIMIT_PER_MINUTE: '0',
    ...env,
  }
}

/** Starts the server on the files under `home` and answers once it says that it is ready; throws with its output when it does not. */
export async function runServer(home: string, env: Record<string, string> = {}): Promise<RunningServer> {
  const child = spawnBound(process.execPath, [start], {
    env: serverEnvironment(home, env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  const ended = new Promise<number | null>(resolve => child.once('exit', code => resolve(code)))
  const ready = new Promise<string>((resolve, reject) => {
    const timeout = setTimeout(() => reject(new Error(`not ready in time: ${out}${err}`)), startWithinMilliseconds)
    child.stdout!.setEncoding('utf8').on('data', chunk => {
      out += chunk
      const url = /^waybill ready (\S+)$/m.exec(out)?.[1]
      if (url) {
        clearTimeout(timeout)
        resolve(url)
      }
    })
    child.stderr!.setEncoding('utf8').on('data', chunk => {
      err += chunk
    })
    void ended.then(code => reject(new Error(`ended with ${code}: ${out}${err}`)))
  })
  const url = await ready.catch(async error => {
    child.kill('SIGKILL')
    await ended
    throw error
  })
  const operator = /^waybill operator (\S+) password (\S+)/m.exec(out)
  return {
    url,
    child,
    home,
    output: () => ({ out, err }),
    operator: operator ? { email: operator[1]!, password: operator[2]! } : undefined,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async stop() {
      const from = performance.now()
      child.kill('SIGTERM')
      return { code: await ended, milliseconds: performance.now() - from }
    },
  }
}
