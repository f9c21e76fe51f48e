// How the bench starts Waybill's processes and its floors: with nothing of the caller's own settings.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CloudName } from './engines/emulator.ts'
import type { FloorName } from './floor/floor-server.ts'
import { RunningProcess } from './running-process.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))
const floorServer = fileURLToPath(new URL('./floor/floor-server.ts', import.meta.url))
const emulatorProcess = fileURLToPath(new URL('./engines/emulator-process.ts', import.meta.url))
const bare = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' }

export const operator = { email: 'operator@example.com', password: 'the operator of the bench' }

const settings = {
  ...bare,
  PORT: '0',
  OPERATOR_EMAIL: operator.email,
  OPERATOR_PASSWORD: operator.password,
  RATE_LIMIT_PER_MINUTE: '0',
  SIGN_IN_LIMIT_PER_MINUTE: '0',
  PAYMENT_MOCK_APPROVAL_RATE: '1',
  // A run takes longer than a token lives by default.
  JWT_EXPIRES_IN: '12h',
}

/** Without npm's own process, yet with what `npm start` gives to Node.js and to malloc: it decides about memory. */
export type StartedBy = 'node' | 'npm'

function asNpmStarts(): { options: string[]; environment: Record<string, string> } {
  const { scripts } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as { scripts: { start: string } }
  const [, variables, options] = scripts.start.match(/env ((?:\S+=\S+ )*)node ((?:--\S+ )*)scripts/)!
  const words = (text: string) => text.split(' ').filter(Boolean)
  return {
    options: words(options!),
    environment: Object.fromEntries(words(variables!).map(variable => variable.split('='))),
  }
}

/** A process of ours keeps its files in `home`. */
export function startWaybillProcess(
  home: string,
  by: StartedBy,
  environment: Record<string, string> = {},
): Promise<RunningProcess> {
  mkdirSync(home, { recursive: true })
  const start = asNpmStarts()
  const node: [string, string[]] = [process.execPath, [...start.options, 'scripts/start.mjs']]
  const [command, options] = by === 'node' ? node : ['npm', ['start', '--silent']]
  return RunningProcess.start({
    command,
    options,
    environment: { ...settings, ...start.environment, ...environment, WAYBILL_HOME: home },
    folder: project,
    logFile: join(home, 'server.log'),
  })
}

/** A floor keeps its files in `home`; without URLs its database too. */
export function startFloorProcess(name: FloorName, home: string, urls: string[] = []): Promise<RunningProcess> {
  mkdirSync(home, { recursive: true })
  return RunningProcess.start({
    command: process.execPath,
    options: [floorServer, name, home, ...urls],
    // Compiled once and kept, as ours is: else the floor's start and memory would be those of a compiler.
    environment: { ...bare, NODE_COMPILE_CACHE: join(project, 'node_modules', '.cache', 'compiled-floors') },
    folder: project,
    logFile: join(home, 'floor.log'),
  })
}

/** It writes into the file what a client needs to log in. */
export function startEmulatorProcess(cloud: CloudName, home: string, settingsFile: string): Promise<RunningProcess> {
  mkdirSync(home, { recursive: true })
  return RunningProcess.start({
    command: process.execPath,
    options: [emulatorProcess, cloud, settingsFile],
    environment: bare,
    folder: project,
    logFile: join(home, 'emulator.log'),
  })
}
