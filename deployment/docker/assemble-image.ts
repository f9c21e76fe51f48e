// Runs in the build stage of the image: lays out what the server and the command line need, and nothing else, with a list of it.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesOf, lock, programs, root } from './program-files.ts'
import { debianPackages, softwareList } from './software-list.ts'

const [baseFolder, target] = process.argv.slice(2) as [string, string]

function assemble(): void {
  refuseAnotherNode()
  const { files, packages } = filesOf(programs)
  for (const file of files) copy(file, file.includes('node_modules/') ? 'modules' : 'app')
  copy('deployment/docker/healthcheck.mjs', 'app')
  mkdirSync(join(target, 'bin'), { recursive: true })
  cpSync(process.execPath, join(target, 'bin/node'), { dereference: true })
  mkdirSync(join(target, 'home'), { mode: 0o700 })
  const list = softwareList({ root, lock, modules: packages, debian: debianPackages(baseFolder) })
  writeFileSync(join(target, 'app/sbom.cdx.json'), `${JSON.stringify(list, null, 2)}\n`)
}

/** The image runs what the tests ran on. */
function refuseAnotherNode(): void {
  const wanted = lock.packages['node_modules/node']!.version
  if (process.versions.node === wanted) return
  process.stderr.write(`BUILD_BASE must bring Node.js ${wanted}, not ${process.versions.node}\n`)
  process.exit(1)
}

/** Links stay what they are: workspaces are found through them. */
function copy(file: string, layer: 'app' | 'modules'): void {
  cpSync(join(root, file), join(target, layer, file), { recursive: true, verbatimSymlinks: true })
}

assemble()
