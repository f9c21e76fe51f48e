// How the bench starts Waybill and its floors.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FloorName } from './floor/floor-server.ts'
import { RunningProcess } from './running-process.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))
const floorServer = fileURLToPath(new URL('./floor/floor-server.ts', import.meta.url))

/** What every started process gets; nothing of the caller's own settings reaches it. */
const bare = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' }

const settings = {
  ...bare,
  PORT: '0',
  RATE_LIMIT_PER_MINUTE: '0',
  SIGN_IN_LIMIT_PER_MINUTE: '0',
  PAYMENT_MOCK_APPROVAL_RATE: '1',
  // A run takes longer than a token lives by default.
  JWT_EXPIRES_IN: '12h',
}

/** The default topology: one process, SQLite, the in-process broker. */
export function startWaybill(home: string, by: 'node' | 'npm' = 'node'): Promise<RunningProcess> {
  mkdirSync(home, { recursive: true })
  const [command, options] = by === 'node' ? [process.execPath, ['scripts/start.mjs']] : ['npm', ['start', '--silent']]
  return RunningProcess.start({
    command,
    options,
    environment: { ...settings, WAYBILL_HOME: home },
    folder: project,
    logFile: join(home, 'server.log'),
  })
}

/** A floor keeps its database and its files in `home`. */
export function startFloor(name: FloorName, home: string): Promise<RunningProcess> {
  mkdirSync(home, { recursive: true })
  return RunningProcess.start({
    command: process.execPath,
    options: [floorServer, name, home],
    // Compiled once and kept, as ours is: else the floor's start and memory would be those of a compiler.
    environment: { ...bare, NODE_COMPILE_CACHE: join(project, 'node_modules', '.cache', 'compiled-floors') },
    folder: project,
    logFile: join(home, 'floor.log'),
  })
}
