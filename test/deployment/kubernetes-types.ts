// Judges objects of Kubernetes by the types of its API, of KEDA and of the Prometheus operator: unknown fields are refused, too.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { idOf, type Manifest } from '../../scripts/kubernetes-manifests.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))

/** The packages that carry the types of groups which are not Kubernetes' own. */
const packages: Record<string, string> = {
  'keda.sh': '@kubernetes-models/keda',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
}

/** The packages know versions, too, that Kubernetes serves no longer. */
const servedVersions = [
  'v1',
  'apps/v1',
  'autoscaling/v2',
  'batch/v1',
  'keda.sh/v1alpha1',
  'monitoring.coreos.com/v1',
  'networking.k8s.io/v1',
  'policy/v1',
]

/** The module of a kind: its interface for the compiler, its class with the schema of the API for us. */
const moduleOf = ({ apiVersion, kind }: Manifest) =>
  `${packages[apiVersion.split('/')[0]!] ?? 'kubernetes-models'}/${apiVersion}/${kind}`

/** What is wrong with them, a line for each mistake; alike objects are looked at once. */
export async function findMistakes(manifests: Manifest[]): Promise<string[]> {
  const unlike = [...new Map(manifests.map(each => [JSON.stringify(each), each])).values()]
  const mistakes: string[] = []
  const known: Manifest[] = []
  for (const manifest of unlike) {
    const Model = await findModel(manifest)
    if (Model) known.push(manifest)
    mistakes.push(...(Model ? findWrongValues(manifest, Model) : [`${idOf(manifest)}: no such kind in its version`]))
  }
  return [...mistakes, ...(await findWrongFields(known))]
}

type ModelOfKind = new (manifest: Manifest) => { validate(): void }

async function findModel(manifest: Manifest): Promise<ModelOfKind | undefined> {
  if (!servedVersions.includes(manifest.apiVersion)) return undefined
  try {
    const { [manifest.kind]: Model } = (await import(moduleOf(manifest))) as Record<string, ModelOfKind>
    return Model
  } catch {
    return undefined
  }
}

/** By the schema: values that are missing, of another type or form. It lets fields pass that it does not know. */
function findWrongValues(manifest: Manifest, Model: ModelOfKind): string[] {
  try {
    new Model(manifest).validate()
    return []
  } catch (error) {
    return [`${idOf(manifest)}: ${(error as Error).message}`]
  }
}

/** By the compiler, which refuses fields of a literal that its type does not have, however deep. */
async function findWrongFields(manifests: Manifest[]): Promise<string[]> {
  const cache = join(root, 'node_modules/.cache/kubernetes')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'types-'))
  try {
    const lines = manifests.flatMap((manifest, at) => [
      `import type { I${manifest.kind} as T${at} } from ${JSON.stringify(moduleOf(manifest))}`,
      // A line for each, so the line of a complaint tells the object.
      `export const m${at}: T${at} = ${JSON.stringify(manifest)}`,
    ])
    await writeFile(join(folder, 'manifests.ts'), `${lines.join('\n')}\n`)
    const compilerOptions = { module: 'nodenext', strict: true, noEmit: true, skipLibCheck: true, types: [] }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['manifests.ts'] }))
    const output = await run(join(root, 'node_modules/.bin/tsc'), ['--project', folder, '--pretty', 'false'], {
      maxBuffer: 64 * 1_048_576,
    }).then(
      () => '',
      ({ stdout, stderr }) => `${stdout}${stderr}` || 'tsc failed and said nothing',
    )
    const complaints = output.split('\n').filter(line => /^\S.*error/.test(line))
    return complaints.map(line => {
      const [, number, message] = /\((\d+),\d+\): (.*)/.exec(line) ?? []
      const manifest = number === undefined ? undefined : manifests[(Number(number) - 2) / 2]
      return manifest ? `${idOf(manifest)}: ${message}` : line
    })
  } finally {
    await rm(folder, { recursive: true })
  }
}
