// What lies in the image, by name and version, in the form that scanners read: CycloneDX 1.6 (ECMA-424).
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

interface LockedPackage {
  name?: string
  version?: string
  /** Of a link: the folder that it leads to. */
  resolved?: string
  link?: boolean
  integrity?: string
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  peerDependenciesMeta?: Record<string, { optional?: boolean }>
}

/** package-lock.json, version 3. */
export interface Lock {
  packages: Record<string, LockedPackage>
}

export interface DebianPackage {
  name: string
  version: string
  architecture: string
}

/**
 * The paths in the lock file of all that the workspaces `programs` load when they run, found as Node.js finds them; of what
 * is optional (builds for other platforms), only what `isThere`.
 */
export function packagesNeededBy(programs: string[], lock: Lock, isThere: (path: string) => boolean): Set<string> {
  const needed = new Set<string>()
  const left = [...programs]
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    if (needed.has(path)) continue
    needed.add(path)
    const entry = lock.packages[path]!
    if (entry.link) left.push(entry.resolved!)
    const { dependencies, optionalDependencies, peerDependencies = {}, peerDependenciesMeta = {} } = entry
    const peers = Object.keys(peerDependencies).filter(name => !peerDependenciesMeta[name]?.optional)
    for (const name of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]) {
      const found = find(name, path, lock)
      if (found !== undefined && isThere(found)) left.push(found)
      else if (dependencies?.[name] && !optionalDependencies?.[name])
        throw new Error(`${path} needs ${name}: not there`)
    }
  }
  return needed
}

function find(name: string, from: string, { packages }: Lock): string | undefined {
  for (let folder = from; ; folder = folder === '.' ? '' : dirname(folder)) {
    const path = join(folder, 'node_modules', name)
    if (packages[path]) return path
    if (folder === '' || folder === '.') return undefined
  }
}

/** What dpkg knows of a base, from a copy of its folder /var/lib/dpkg: one list, or, where nothing can install more, a file for each. */
export function debianPackages(folder: string): DebianPackage[] {
  const one = join(folder, 'status')
  const each = join(folder, 'status.d')
  const files = [
    ...(existsSync(one) ? [one] : []),
    ...(existsSync(each) ? readdirSync(each).map(file => join(each, file)) : []),
  ]
  return files
    .flatMap(file => readFileSync(file, 'utf8').split(/\n{2,}/))
    .map(paragraph => ({
      name: field(paragraph, 'Package'),
      version: field(paragraph, 'Version'),
      architecture: field(paragraph, 'Architecture'),
    }))
    .filter(({ name }) => name !== '')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function field(paragraph: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, 'm').exec(paragraph)?.[1] ?? ''
}

interface Contents {
  /** The folder of package-lock.json. */
  root: string
  lock: Lock
  /** Paths in the lock file. */
  modules: string[]
  debian: DebianPackage[]
}

/** The same contents make the same list, byte for byte. */
export function softwareList({ root, lock, modules, debian }: Contents) {
  const { version } = lock.packages['']!
  const components = [
    {
      type: 'application',
      'bom-ref': `node@${process.versions.node}`,
      ...{ name: 'node', version: process.versions.node },
      purl: `pkg:generic/node@${process.versions.node}`,
      licenses: [{ license: { id: 'MIT' } }],
    },
    ...modules.sort().map(path => npmComponent(path, { root, lock })),
    ...debian.map(debianComponent),
  ]
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(components))}`,
    version: 1,
    metadata: { component: { type: 'container', 'bom-ref': 'waybill', name: 'waybill', version } },
    components,
  }
}

function npmComponent(path: string, { root, lock }: Pick<Contents, 'root' | 'lock'>) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'))
  const { integrity } = lock.packages[path]!
  return {
    type: 'library',
    // The same version may lie in two places.
    'bom-ref': path,
    ...{ name, version },
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    ...(typeof license === 'string' ? { licenses: [licenseOf(license)] } : {}),
    ...(integrity?.startsWith('sha512-')
      ? { hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.slice(7), 'base64').toString('hex') }] }
      : {}),
    properties: [{ name: 'waybill:path', value: `/app/${path}` }],
  }
}

/** A package says what it likes; only an expression of SPDX may be called one. */
function licenseOf(license: string) {
  return /^[A-Za-z0-9.+()-]+( (AND|OR|WITH) [A-Za-z0-9.+()-]+)*$/.test(license)
    ? { expression: license }
    : { license: { name: license } }
}

function debianComponent({ name, version, architecture }: DebianPackage) {
  const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`
  return { type: 'library', 'bom-ref': purl, name, version, purl }
}

/** Version 8 (RFC 9562): of our own making, from what it stands for. */
function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
