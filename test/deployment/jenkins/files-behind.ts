// What a program consists of: the files that it imports or names by their URL, and theirs, as far as they lie in this repository.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const named =
  /(?:^|[\s;}])(?:from|import)\s*\(?\s*'([^']+)'|import\.meta\.resolve\('([^']+)'\)|new URL\('([^']+)', import\.meta\.url\)/gm

/** By their paths from `root`; packages for which `leaveOut` says so stay out with what they bring. */
export function filesBehind(root: string, begin: string[], leaveOut: (name: string) => boolean): Set<string> {
  const found = new Set(begin)
  for (const path of found) {
    if (!/\.(ts|tsx|mjs)$/.test(path)) continue
    const text = readFileSync(join(root, path), 'utf8')
    for (const [, imported, resolved, url] of text.matchAll(named)) {
      const target = (imported ?? resolved ?? url)!
      const file = target.startsWith('.')
        ? join(dirname(path), target)
        : target.startsWith('@waybill/') && !leaveOut(target)
          ? fileOfPackage(root, target)
          : undefined
      if (file === undefined || /^(\.\.|node_modules)(\/|$)/.test(file) || !existsSync(join(root, file))) continue
      if (statSync(join(root, file)).isFile()) found.add(file)
      // A folder that a program reads at run time, such as that of its SQL.
      else found.add(`${file.replace(/\/$/, '')}/.`)
    }
  }
  return found
}

function fileOfPackage(root: string, target: string): string {
  const [, name, ...rest] = target.split('/')
  const folder = ['packages', 'apps', 'services']
    .map(each => join(each, name!.replace(/-service$/, '')))
    .find(each => existsSync(join(root, each, 'package.json')))
  if (folder === undefined) throw new Error(`${target} is no package of this repository`)
  const { exports } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
    exports: Record<string, string>
  }
  const entry = exports[rest.length > 0 ? `./${rest.join('/')}` : '.']
  if (entry === undefined) throw new Error(`${target} is not exported`)
  return relative('.', join(folder, entry))
}
