// What of deployment/helm and deployment/kubernetes is made: the schema of the chart's values from our settings, kustomize's base from the chart.
import { glob, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { type ServiceName, serviceNames } from '@waybill/contracts'
import { settingsSchema } from '@waybill/contracts/settings'
import type { Setting } from '@waybill/platform/config'
import { parse, stringify } from 'yaml'
import { chart, idOf, type Manifest, renderChart, withoutHelm } from './kubernetes-manifests.ts'

const deployment = new URL('../deployment/', import.meta.url)
const settings: Record<string, Setting<unknown>> = settingsSchema

/** The chart gives these itself. */
const ownSettings = ['WAYBILL_SERVICES', 'WAYBILL_WORK', 'WAYBILL_HOME', 'HOST', 'PORT']
const isOwn = (name: string) => ownSettings.includes(name) || serviceNames.some(each => name === urlSettingOf(each))
export const urlSettingOf = (service: ServiceName) => `${service.toUpperCase()}_SERVICE_URL`

/** Every file that is made, by its path under `deployment`. */
export async function makeKubernetesFiles(): Promise<Record<string, string>> {
  return {
    'helm/waybill/values.schema.json': asJson(makeValuesSchema(await readServiceFacts())),
    ...(await makeKustomizeFiles()),
  }
}

/** Files that are there in the places where all are made. */
export async function presentKubernetesFiles(): Promise<string[]> {
  const places = ['helm/waybill/values.schema.json', 'kubernetes/base/*', 'kubernetes/components/*/*']
  return (await Array.fromAsync(glob(places, { cwd: fileURLToPath(deployment) }))).sort()
}

type Schema = Record<string, unknown>

/** As the formatter of this house has it: lists of a few words on a line. */
function asJson(schema: Schema): string {
  const text = JSON.stringify(schema, undefined, 2)
  return `${text.replace(/\[\s+("[^"]*"(?:,\s+"[^"]*")*)\s+\]/g, (_, words: string) => `[${words.replace(/,\s+/g, ', ')}]`)}\n`
}

const text: Schema = { type: 'string' }
const flag: Schema = { type: 'boolean' }
const count = (minimum: number): Schema => ({ type: 'integer', minimum })
const port: Schema = { type: 'integer', minimum: 1, maximum: 65_535 }
const texts = (names: string[]): Schema => closed(Object.fromEntries(names.map(name => [name, text])))
const anything: Schema = { type: 'object' }
const listOf = (items: Schema): Schema => ({ type: 'array', items })

/** What is not known is refused: a misspelt value would be silently left out otherwise. */
function closed(properties: Record<string, Schema>): Schema {
  return { type: 'object', additionalProperties: false, properties }
}

function makeValuesSchema(facts: Record<string, ServiceFacts>): Schema {
  const ofProcesses = {
    replicas: closed({ min: count(1), max: count(1) }),
    resources: closed({ requests: { $ref: '#/definitions/amounts' }, limits: { $ref: '#/definitions/amounts' } }),
    settings: { $ref: '#/definitions/settings' },
    serviceAccountAnnotations: anything,
  }
  const services = serviceNames.map(name => [name, closed({ enabled: flag, ...ofProcesses })])
  const peers = listOf({ $ref: '#/definitions/peer' })
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: 'Made by node scripts/generate-kubernetes.ts, from the settings and services of the code.',
    ...closed({
      name: { type: 'string', pattern: '^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$' },
      image: closed({
        repository: { type: 'string', minLength: 1 },
        tag: text,
        digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
        pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
        pullSecrets: listOf(text),
      }),
      settings: { $ref: '#/definitions/settings' },
      configuration: closed({ configMap: text }),
      secrets: closed({
        create: flag,
        shared: texts(['WAYBILL_SECRET_KEY', 'BROKER_URL', 'WAYBILL_CONFIG_KEY']),
        ...Object.fromEntries(serviceNames.map(name => [name, texts(secretsOf(facts[name]))])),
      }),
      services: closed(Object.fromEntries(services)),
      exports: closed({ enabled: flag, ...ofProcesses }),
      localCloud: closed({ existingClaim: text }),
      autoscaling: closed({ enabled: flag, cpu: { type: 'integer', minimum: 10, maximum: 1_000 } }),
      keda: closed({
        enabled: flag,
        messages: count(1),
        sqs: closed({
          region: { type: 'string', pattern: '^([a-z]{2}(-[a-z]+)+-[0-9])?$' },
          prefix: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,40}$' },
        }),
        exportsLate: count(1),
        prometheus: { type: 'string', pattern: '^https?://' },
      }),
      migrations: closed({ enabled: flag }),
      ingress: closed({ enabled: flag, className: text, host: text, annotations: anything, tls: text }),
      monitoring: closed({ enabled: flag, interval: { type: 'string', pattern: '^[0-9]+s$' }, labels: anything }),
      network: closed({
        enabled: flag,
        ingressController: peers,
        monitoring: peers,
        database: closed({ port, to: peers }),
        broker: closed({ kind: { enum: ['rabbitmq', 'sns'] }, port, to: peers }),
        notPublic: closed({ ipv4: listOf(text), ipv6: listOf(text) }),
        egress: listOf(closed({ to: peers, ports: listOf(anything) })),
      }),
      global: anything,
    }),
    definitions: {
      amounts: closed({ cpu: text, memory: text, 'ephemeral-storage': text }),
      peer: closed({ podSelector: anything, namespaceSelector: anything, ipBlock: anything }),
      settings: closed(settingsToChoose(Object.values(facts).flatMap(secretsOf))),
    },
  }
}

function settingsToChoose(inSecrets: string[]): Record<string, Schema> {
  const known = Object.entries(settings).filter(
    ([name, { secret }]) => !secret && !isOwn(name) && !inSecrets.includes(name),
  )
  return Object.fromEntries(known.map(([name, { description }]) => [name, { ...text, description }]))
}

export function secretsOf(facts: ServiceFacts | undefined): string[] {
  return [...(facts?.required ?? []), ...(facts?.optional ?? [])]
}

/** What the chart says of each service, see the head of that file. */
export interface ServiceFacts {
  paths: string[]
  calls: ServiceName[]
  queue: boolean
  internet?: 'services' | 'everybody'
  required: string[]
  optional?: string[]
  exports?: boolean
}

export async function readServiceFacts(): Promise<Record<string, ServiceFacts>> {
  return parse(await readFile(`${chart}/files/services.yaml`, 'utf8'))
}

const head = '# Made from the Helm chart by node scripts/generate-kubernetes.ts: change it there.\n'
const yaml = (value: unknown) => stringify(value, { lineWidth: 120, aliasDuplicateObjects: false })
const file = (manifests: unknown[]) => head + manifests.map(yaml).join('---\n')

/** The chart with its default values is kustomize's base; what its values add are components. */
async function makeKustomizeFiles(): Promise<Record<string, string>> {
  const base = (await renderChart({ anyValues: true })).map(withoutHelm)
  const parts = Map.groupBy(base, partOf)
  const names = [...parts.keys()].sort()
  const kustomization = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' }
  return {
    'kubernetes/base/kustomization.yaml': file([{ ...kustomization, resources: names.map(name => `${name}.yaml`) }]),
    ...Object.fromEntries(names.map(name => [`kubernetes/base/${name}.yaml`, file(parts.get(name)!)])),
    ...(await makeComponent('keda', base)),
    ...(await makeComponent('monitoring', base)),
  }
}

/** What the chart makes otherwise where a value is true: objects that come, and objects that go. */
async function makeComponent(name: string, base: Manifest[]): Promise<Record<string, string>> {
  const having = (await renderChart({ set: [`${name}.enabled=true`], anyValues: true })).map(withoutHelm)
  const before = new Map(base.map(each => [idOf(each), each]))
  const after = new Map(having.map(each => [idOf(each), each]))
  const changed = having.filter(each => before.has(idOf(each)) && !isDeepStrictEqual(each, before.get(idOf(each))))
  if (changed.length > 0) throw new Error(`${name} changes ${changed.map(idOf)}: a component can only add and remove`)
  const added = having.filter(each => !before.has(idOf(each)))
  const removed = base.filter(each => !after.has(idOf(each)))
  const patches = removed.map(({ apiVersion, kind, metadata }) => ({
    patch: yaml({
      $patch: 'delete',
      apiVersion,
      kind,
      metadata: { name: metadata.name, namespace: metadata.namespace },
    }),
  }))
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1alpha1',
    kind: 'Component',
    resources: [`${name}.yaml`],
    ...(patches.length > 0 ? { patches } : {}),
  }
  return {
    [`kubernetes/components/${name}/kustomization.yaml`]: file([kustomization]),
    [`kubernetes/components/${name}/${name}.yaml`]: file(added),
  }
}

/** The file of an object: that of its part; the job that makes tables and what it needs stand together. */
function partOf({ metadata }: Manifest): string {
  return metadata.labels!['app.kubernetes.io/component']!
}
