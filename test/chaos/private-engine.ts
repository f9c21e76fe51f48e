// A server program that the suite runs for itself alone: nobody else on this machine is harmed by what happens to it.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { Engine } from './installation.ts'

export interface EngineProgram {
  name: string
  command: string
  options: string[]
  environment?: NodeJS.ProcessEnv
  logFile: string
  /** Rejects while it cannot be worked with. */
  ask(): Promise<void>
}

const answersWithin = 60_000
const askEvery = 100
const alive = new Set<ChildProcess>()

export function privateEngine(program: EngineProgram): Engine {
  let child: ChildProcess | undefined
  let ended: Promise<void> = Promise.resolve()

  async function end(signal: NodeJS.Signals): Promise<void> {
    child?.kill(signal)
    child = undefined
    await ended
  }

  return {
    async start() {
      const log = openSync(program.logFile, 'a')
      const started = spawn(program.command, program.options, {
        env: program.environment ?? process.env,
        stdio: ['ignore', log, log],
      })
      closeSync(log)
      child = started
      alive.add(started)
      ended = new Promise(resolve => {
        const over = () => {
          alive.delete(started)
          resolve()
        }
        started.once('exit', over).once('error', over)
      })
      const until = performance.now() + answersWithin
      for (;;) {
        try {
          return await program.ask()
        } catch (error) {
          if (!alive.has(started) || performance.now() > until) {
            const said = readFileSync(program.logFile, 'utf8').slice(-1_500)
            throw new Error(`${program.name} does not answer (${(error as Error).message}): ${said}`)
          }
        }
        await pause(askEvery)
      }
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  }
}
