// Installs what is missing, from the lock file alone; `node scripts/install.mjs` with the tools. Runs on Node 20 and newer, before anything is installed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const binaries = join(root, 'node_modules', '.bin')
/** Also for versions of npm that do not read `allowScripts`. */
const noScripts = ['--ignore-scripts']
const stampFile = join(root, 'node_modules', '.installed')

/** The Node.js that the project runs on, once it is installed. */
export const projectNode = join(binaries, 'node')

/**
 * Makes node_modules what the lock file says; answers at once where it is that already.
 * @param {{ forDevelopment: boolean }} options with the tools for tests and checks, or only what the server needs
 */
export function installWhatIsMissing({ forDevelopment }) {
  const [installed, extent] = existsSync(stampFile) ? readFileSync(stampFile, 'utf8').split(' ') : []
  const isEnough = installed === hashOfLock() && (extent === 'all' || !forDevelopment) && existsSync(projectNode)
  if (isEnough) return
  // Whoever develops here keeps their tools, also when it is `npm start` that meets a newer lock file.
  const everything = forDevelopment || extent === 'all' || (extent === undefined && existsSync(projectNode))
  process.stderr.write('waybill installs what is missing …\n')
  const extentFlag = everything ? '--include=dev' : '--omit=dev'
  // Registries do not all carry the same builds for other platforms; where that alone makes `npm ci` refuse the lock file,
  // `npm install` takes the same versions from it.
  const isThere = runNpm('ci', extentFlag, ...noScripts) || runNpm('install', extentFlag, ...noScripts)
  // The one script that we need: it fetches the Node.js of this machine. The rest builds machine code that nobody uses here.
  if (!isThere || !runNpm('rebuild', 'node')) {
    process.stderr.write('npm could not install: see above; the first start needs a registry within reach\n')
    process.exit(1)
  }
  writeFileSync(stampFile, `${hashOfLock()} ${everything ? 'all' : 'server'}`)
}

/** @param {string[]} options */
function runNpm(...options) {
  const flags = [...options, '--no-audit', '--no-fund', '--loglevel=error']
  return (
    spawnSync('npm', flags, {
      cwd: root,
      stdio: ['ignore', 2, 2],
      env: environment(),
      shell: process.platform === 'win32',
    }).status === 0
  )
}

function hashOfLock() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

/** npm must not run on the Node.js that it is about to replace. */
function environment() {
  const path = (process.env.PATH ?? '').split(delimiter).filter(folder => folder !== binaries)
  return { ...process.env, PATH: path.join(delimiter), NODE_ENV: '' }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) installWhatIsMissing({ forDevelopment: true })
