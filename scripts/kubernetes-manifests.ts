// The Kubernetes objects of the chart and of the kustomize folders, rendered by the real programs.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'
import { openKubernetesPrograms } from './kubernetes-programs.ts'

const run = promisify(execFile)
const maxBuffer = 64 * 1_048_576
export const chart = fileURLToPath(new URL('../deployment/helm/waybill', import.meta.url))

/** An object of Kubernetes as YAML gives it. */
export interface Manifest {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> }
  // biome-ignore lint/suspicious/noExplicitAny: what it holds is judged by the types of its kind, when it is validated
  [rest: string]: any
}

export interface ChartOptions {
  release?: string
  namespace?: string
  /** Files of values; those of the chart by their names alone. */
  values?: string[]
  /** As after `--set`. */
  set?: string[]
  chart?: string
  /** Without a look at the schema of the values, for whoever is about to make it anew. */
  anyValues?: boolean
}

/** Throws with helm's own words where it refuses. */
export async function renderChart(options: ChartOptions = {}): Promise<Manifest[]> {
  const { helm } = await openKubernetesPrograms()
  const { release = 'waybill', namespace = 'waybill', values = [], set = [], anyValues = false } = options
  const folder = options.chart ?? chart
  const files = values.flatMap(name => ['--values', name.includes('/') ? name : `${folder}/${name}`])
  const sets = set.flatMap(each => ['--set', each])
  const flags = anyValues ? ['--skip-schema-validation'] : []
  const { stdout } = await run(
    helm,
    ['template', release, folder, '--namespace', namespace, '--kube-version', '1.35', ...flags, ...files, ...sets],
    { maxBuffer },
  )
  return readManifests(stdout)
}

export async function renderKustomization(folder: string): Promise<Manifest[]> {
  const { kubectl } = await openKubernetesPrograms()
  return readManifests((await run(kubectl, ['kustomize', folder], { maxBuffer })).stdout)
}

/** Helm's lint, its warnings counted as errors; answers what it says. */
export async function lintChart(options: ChartOptions = {}): Promise<string> {
  const { helm } = await openKubernetesPrograms()
  const files = (options.values ?? []).flatMap(name => ['--values', `${chart}/${name}`])
  return (await run(helm, ['lint', '--strict', ...files, options.chart ?? chart])).stdout
}

function readManifests(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap(document => {
    if (document.errors.length > 0) throw document.errors[0]
    const manifest: Manifest | null = document.toJS()
    return manifest === null ? [] : [manifest]
  })
}

export const idOf = ({ kind, metadata }: Manifest): string => `${kind}/${metadata.name}`

/** Without what only Helm understands: marks of hooks, and that it is Helm who manages the object. */
export function withoutHelm(manifest: Manifest): Manifest {
  const { annotations = {}, labels = {}, ...metadata } = manifest.metadata
  const kept = Object.entries(annotations).filter(([name]) => !name.startsWith('helm.sh/'))
  const { 'app.kubernetes.io/managed-by': _, ...ownLabels } = labels
  return {
    ...manifest,
    metadata: {
      ...metadata,
      labels: ownLabels,
      ...(kept.length > 0 ? { annotations: Object.fromEntries(kept) } : {}),
    },
  }
}
