// Which files of this checkout programs load when they run, and no others: sources of workspaces, and the packages that the lock file names.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sampleFiles } from '../../services/data/src/sample-data.ts'
import { type Lock, packagesNeededBy } from './software-list.ts'

export const root = fileURLToPath(new URL('../../', import.meta.url))
export const lock: Lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
/** What people and process managers start: paths in the lock file. */
export const programs = ['apps/server', 'apps/cli']

const samples = new Set([...sampleFiles().values()].map(file => basename(file)))
/** Of these packages we read so much, and no other file. */
const enough: Record<string, (path: string) => boolean> = {
  'node_modules/vega-datasets': path => !path.startsWith('data/') || samples.has(basename(path)),
  'node_modules/swagger-ui-dist': path =>
    /^(package\.json|LICENSE|NOTICE|swagger-ui\.css|swagger-ui-bundle\.js|favicon-32x32\.png)$/.test(path),
}
/** For people who develop, and for their tools. */
const forDevelopment = /(\.map|\.d\.[cm]?ts)$/

export interface ProgramFiles {
  /** From the root of the checkout. Workspaces are found through links among the modules, which are files here. */
  files: string[]
  /** Packages that others wrote, by their paths in the lock file. */
  packages: string[]
}

/** With the built console. */
export function filesOf(programs: string[]): ProgramFiles {
  const needed = [...packagesNeededBy(programs, lock, path => existsSync(join(root, path)))]
  const isLink = (path: string) => lock.packages[path]!.link === true
  const isPackage = (path: string) => path.includes('node_modules/') && !isLink(path)
  const workspaces = needed.filter(path => !path.includes('node_modules/'))
  return {
    files: [
      'package.json',
      ...filesUnder('apps/console/dist'),
      ...workspaces.flatMap(path => [
        `${path}/package.json`,
        ...filesUnder(`${path}/src`),
        ...filesUnder(`${path}/migrations`),
      ]),
      ...needed.filter(isLink),
      ...needed.filter(isPackage).flatMap(filesOfPackage),
    ],
    packages: needed.filter(isPackage),
  }
}

/** Without the packages that lie in its own node_modules: they are named where they are needed. */
function filesOfPackage(path: string): string[] {
  const isWanted = enough[path] ?? (() => true)
  return filesUnder(path).filter(file => isWanted(file.slice(path.length + 1)) && !forDevelopment.test(file))
}

function filesUnder(folder: string): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const path = `${folder}/${entry.name}`
    if (entry.name === 'node_modules') return []
    return entry.isDirectory() ? filesUnder(path) : [path]
  })
}
