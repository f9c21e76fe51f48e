// Installs what is missing, from the lock file alone. Runs on Node 20 and newer, before anything is installed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const binaries = join(root, 'node_modules', '.bin')
const stampFile = join(root, 'node_modules', '.installed')
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')

/** The Node.js that the project runs on, once it is installed. */
export const projectNode = join(binaries, 'node')

/**
 * Makes node_modules what the lock file says; answers at once where it is that already.
 * @param {{ forDevelopment: boolean }} options with the tools for tests and checks, or only what the server needs
 */
export function installWhatIsMissing({ forDevelopment }) {
  const [installed, extent] = existsSync(stampFile) ? readFileSync(stampFile, 'utf8').split(' ') : []
  const isEnough = installed === wanted && (extent === 'all' || !forDevelopment) && existsSync(projectNode)
  if (isEnough) return
  process.stderr.write('waybill installs what is missing (npm ci) …\n')
  const flags = [
    'ci',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    ...(forDevelopment ? ['--include=dev'] : ['--omit=dev']),
  ]
  const { status } = spawnSync('npm', flags, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: environment(),
    shell: process.platform === 'win32',
  })
  if (status !== 0) {
    process.stderr.write('npm ci failed: see above; the registry must be reachable for the first start\n')
    process.exit(1)
  }
  writeFileSync(stampFile, `${wanted} ${forDevelopment ? 'all' : 'server'}`)
}

/** npm must not run on the Node.js that it is about to replace. */
function environment() {
  const path = (process.env.PATH ?? '').split(delimiter).filter(folder => folder !== binaries)
  return { ...process.env, PATH: path.join(delimiter), NODE_ENV: '' }
}
