// Builds the web console where it is missing or older than its sources; `npm start`, `npm test` and `npm run console` ask for it.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { projectNode } from './install.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const built = join(root, 'apps', 'console', 'dist')
const stampFile = join(built, '.sources')
/** All that the bundle is made of; the lock file stands for what comes from elsewhere. */
const sources = [
  'apps/console/src',
  'apps/console/index.html',
  'apps/console/vite.config.ts',
  'packages/sdk/src',
  'package-lock.json',
]

/**
 * Answers at once where nothing has changed, and false where it could not be built: what was built before stays.
 * It is built by another process: what that takes of memory is not the server's.
 */
export function buildConsole() {
  if (isFresh(hashOfSources())) return true
  const { status } = spawnSync(projectNode, [fileURLToPath(import.meta.url)], { stdio: ['ignore', 2, 2] })
  return status === 0
}

/** @param {string} wanted */
function isFresh(wanted) {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted
}

function build() {
  const wanted = hashOfSources()
  if (isFresh(wanted)) return
  process.stderr.write('waybill builds the web console …\n')
  // Beside the old one, so that nobody meets half of it.
  const folder = `${built}.${process.pid}`
  try {
    bundleInto(folder)
    compress(join(folder, 'assets'))
    writeFileSync(join(folder, '.sources'), wanted)
    rmSync(built, { recursive: true, force: true })
    renameSync(folder, built)
  } catch (error) {
    // Another process that started with this one may have been quicker.
    if (isFresh(wanted)) return
    const { message } = /** @type {Error} */ (error)
    process.stderr.write(`the web console could not be built, the API does without it: ${message}\n`)
    process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {string} folder */
function bundleInto(folder) {
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
  const options = ['build', join(root, 'apps', 'console'), '--outDir', folder, '--logLevel', 'warn']
  const env = { ...process.env, NODE_ENV: 'production', NO_COLOR: '1' }
  const { status, error, stdout, stderr } = spawnSync(process.execPath, [vite, ...options], {
    cwd: root,
    env,
    encoding: 'utf8',
  })
  if (status !== 0) throw error ?? new Error(`${stderr}${stdout}`.trim() || `vite ended with ${status}`)
}

/** @param {string} folder */
function compress(folder) {
  for (const name of readdirSync(folder)) {
    if (!/\.(js|css|svg)$/.test(name)) continue
    const bytes = readFileSync(join(folder, name))
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(bytes))
    writeFileSync(join(folder, `${name}.gz`), gzipSync(bytes))
  }
}

function hashOfSources() {
  const hash = createHash('sha256')
  for (const path of sources.flatMap(filesUnder)) hash.update(`${path}\n`).update(readFileSync(join(root, path)))
  return hash.digest('hex')
}

/** @param {string} path @returns {string[]} */
function filesUnder(path) {
  if (!statSync(join(root, path)).isDirectory()) return [path]
  return readdirSync(join(root, path), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(root.length))
    .sort()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build()
