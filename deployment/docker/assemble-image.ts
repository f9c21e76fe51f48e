// Runs in the build stage of the image: lays out what the server and the command line need, and nothing else, with a list of it.
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sampleFiles } from '../../services/data/src/sample-data.ts'
import { debianPackages, type Lock, packagesNeededBy, softwareList } from './software-list.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const programs = ['apps/server', 'apps/cli']

const samples = new Set([...sampleFiles().values()].map(file => basename(file)))
/** Of these packages we read so much, and no other file. */
const enough: Record<string, (path: string) => boolean> = {
  'node_modules/vega-datasets': path => !path.startsWith('data/') || samples.has(basename(path)),
  'node_modules/swagger-ui-dist': path =>
    /^(package\.json|LICENSE|NOTICE|swagger-ui\.css|swagger-ui-bundle\.js|favicon-32x32\.png)$/.test(path),
}
/** For people who develop, and for their tools. */
const forDevelopment = /(\.map|\.d\.[cm]?ts)$/

const [baseFolder, target] = process.argv.slice(2) as [string, string]

function assemble(): void {
  refuseAnotherNode()
  const lock: Lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const needed = packagesNeededBy(programs, lock, path => existsSync(join(root, path)))
  for (const path of needed) {
    const entry = lock.packages[path]!
    if (entry.link) link(path, entry.resolved!)
    else if (path.includes('node_modules/')) copyModule(path)
    else copyWorkspace(path)
  }
  copy('apps/console/dist', 'app')
  copy('package.json', 'app')
  copy('deployment/docker/healthcheck.mjs', 'app')
  mkdirSync(join(target, 'bin'), { recursive: true })
  cpSync(process.execPath, join(target, 'bin/node'), { dereference: true })
  mkdirSync(join(target, 'home'), { mode: 0o700 })
  const modules = [...needed].filter(path => path.includes('node_modules/') && !lock.packages[path]!.link)
  const list = softwareList({ root, lock, modules, debian: debianPackages(baseFolder) })
  writeFileSync(join(target, 'app/sbom.cdx.json'), `${JSON.stringify(list, null, 2)}\n`)
}

/** The image runs what the tests ran on. */
function refuseAnotherNode(): void {
  const wanted = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies.node
  if (process.versions.node === wanted) return
  process.stderr.write(`BUILD_BASE must bring Node.js ${wanted}, not ${process.versions.node}\n`)
  process.exit(1)
}

/** Without the packages that lie in its own node_modules: they are copied where they are needed. */
function copyModule(path: string): void {
  const source = join(root, path)
  const isWanted = enough[path] ?? (() => true)
  cpSync(source, join(target, 'modules', path), {
    recursive: true,
    filter: file => {
      const inside = relative(source, file)
      if (/(^|\/)node_modules(\/|$)/.test(inside)) return false
      return inside === '' || statSync(file).isDirectory() || (isWanted(inside) && !forDevelopment.test(file))
    },
  })
}

function copyWorkspace(path: string): void {
  for (const part of ['package.json', 'src', 'migrations']) {
    if (existsSync(join(root, path, part))) copy(join(path, part), 'app')
  }
}

function copy(path: string, layer: 'app' | 'modules'): void {
  cpSync(join(root, path), join(target, layer, path), { recursive: true })
}

/** Workspaces are found through links among the modules. */
function link(path: string, leadsTo: string): void {
  const from = join(target, 'modules', path)
  mkdirSync(dirname(from), { recursive: true })
  symlinkSync(relative(dirname(path), leadsTo), from)
}

assemble()
