// Which services each artefact of a deployment knows, and which settings it gives to our processes: read from what is committed, without the code's own lists.
import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import { parse, parseAllDocuments } from 'yaml'
import { serviceFacts } from '../../deployment/aws/src/service-facts.ts'
import { stages } from '../../deployment/aws/src/stages.ts'
import { composeFile } from './composition.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8')
const files = (pattern: string) => globSync(pattern, { cwd: root }).sort()
const keys = (value: object | undefined) => Object.keys(value ?? {})
const lowerCase = (names: string[]) => names.map(name => name.toLowerCase())
/** What stands in the place of the group, wherever the form fits. */
const all = (text: string, form: RegExp) => [...text.matchAll(form)].map(([, group]) => group!)
/** Names with this ending, without it. */
const before = (ending: string, names: string[]) =>
  names.filter(name => name.endsWith(ending)).map(name => name.slice(0, -ending.length))

interface Compose {
  services: Record<string, { environment?: Record<string, string> }>
}
const compose: Compose = parse(readFileSync(composeFile, 'utf8'), { merge: true })
const environmentOf = (service: string) => keys(compose.services[service]?.environment)
const hosting = Object.entries(compose.services).filter(([, { environment }]) => environment?.WAYBILL_SERVICES)
const serverless = parse(read('deployment/serverless/serverless.yml').replaceAll(/!(Ref|Sub|GetAtt|Split)\b/g, ''))
const values = parse(read('deployment/helm/waybill/values.yaml'))
const valuesSchema = JSON.parse(read('deployment/helm/waybill/values.schema.json'))

interface Container {
  env?: { name: string; value?: string }[]
}
/** Of every workload of kustomize's base. */
const containers: Container[] = files('deployment/kubernetes/base/*.yaml')
  .flatMap(path => parseAllDocuments(read(path)).map(each => each.toJS()))
  .flatMap(({ spec }) => spec?.template?.spec?.containers ?? spec?.jobTemplate?.spec?.template?.spec?.containers ?? [])
const inContainers = (name: string) =>
  containers.flatMap(({ env = [] }) => env.filter(each => each.name === name).map(({ value }) => value!))

interface Application {
  name: string
  env: Record<string, string>
}
/** As PM2 reads it in this environment. */
export function pm2Applications(environment: Record<string, string>): Application[] {
  const module = { exports: { apps: [] as Application[] } }
  const process = { env: { CONFIG_URI: 'file:/settings.json', ...environment } }
  const require = () => ({ join: (...parts: string[]) => parts.join('/') })
  runInNewContext(read('deployment/pm2/ecosystem.config.cjs'), { module, process, require, __dirname: root, Number })
  return module.exports.apps
}

/** The services that each place names; where there is one for each, it has as many places as it has kinds of them. */
export const servicesIn: Record<string, () => string[]> = {
  'compose.yaml, processes': () => [1, 2].flatMap(at => before(`-${at}`, keys(compose.services))),
  'compose.yaml, what they host': () => hosting.map(([, { environment }]) => environment!.WAYBILL_SERVICES!),
  'compose.yaml, migrate': () => lowerCase(before('_DATABASE_URL', environmentOf('migrate'))),
  'compose.yaml, balancer': () => lowerCase(before('_1', environmentOf('balancer'))),
  'compose.yaml, mysql': () => lowerCase(before('_DATABASE_PASSWORD', environmentOf('mysql'))),
  'the databases of mysql in compose.yaml': () =>
    all(read('deployment/docker/mysql/databases.sh'), /^for service in (.*); do$/gm).flatMap(names => names.split(' ')),
  'npm run databases': () =>
    all(read('scripts/engines'), /for service in (.*); do$/gm).flatMap(names => names.split(' ')),
  'the image': () => all(read('deployment/docker/Dockerfile'), /^COPY services\/(\w+)\/package\.json /gm),
  'HAProxy, backends': () => all(read('deployment/haproxy/haproxy.cfg'), /^backend (\w+)$/gm),
  'HAProxy, frontends': () => all(read('deployment/haproxy/haproxy.cfg'), /^frontend (\w+)-service$/gm),
  PM2: () => pm2Applications({ WAYBILL_PM2: 'parts' }).map(({ name }) => name.replace(/^waybill-/, '')),
  'Helm, services.yaml': () => keys(serviceFacts),
  'Helm, values': () => keys(values.services),
  'Helm, secrets': () => keys(values.secrets).filter(name => !['create', 'shared'].includes(name)),
  'Helm, schema of the values': () => keys(valuesSchema.properties.services.properties),
  'kustomize, base': () => inContainers('WAYBILL_SERVICES'),
  'kustomize, migrations': () =>
    files('deployment/kubernetes/base/*-migrate.yaml').map(path => basename(path, '-migrate.yaml')),
  'serverless, HTTP': () => before('Http', keys(serverless.functions)),
  'serverless, workers': () => before('Worker', keys(serverless.functions)),
  'serverless, settings': () => before('Settings', keys(serverless.custom)),
  'serverless, roles': () => lowerCase(all(read('deployment/serverless/roles.yml'), /^ {2}(\w+)Role:$/gm)),
  ...Object.fromEntries(
    Object.entries(stages).map(([stage, { mostInstances }]) => [`AWS CDK, ${stage}`, () => keys(mostInstances)]),
  ),
  Jenkins: () => files('deployment/jenkins/*.Jenkinsfile').map(path => basename(path, '.Jenkinsfile')),
  // The rules ask for every service by its label; what is scraped is named.
  Prometheus: () => all(read('deployment/prometheus/prometheus.yaml'), /labels: \{ part: (\w+) \}/g),
  'docs/reference/api.md': () =>
    all(read('docs/reference/api.md'), /^## (\w+)$/gm).filter(name => !['operations', 'documentation'].includes(name)),
  'docs/reference/settings.md': () => lowerCase(all(read('docs/reference/settings.md'), /`([A-Z]+)_DATABASE_URL`/g)),
  'README.md': () => all(read('README.md'), /\]\(services\/(\w+)\/README\.md\)/g),
  'example of a document of settings': () =>
    (JSON.parse(read('deployment/config/example.json')).default.WAYBILL_SERVICES as string).split(','),
  'what linting keeps apart': () => all(read('biome.json'), /"includes": \["services\/(\w+)\/\*\*"\]/g),
}

/** A line for each service that a place does not know, and for each that it knows and is not there. */
export function unknownServices(services: readonly string[], places = servicesIn): string[] {
  return Object.entries(places).flatMap(([place, names]) => {
    const known = new Set(names())
    return [
      ...services.filter(name => !known.has(name)).map(name => `${place}: does not know ${name}`),
      ...[...known].filter(name => !services.includes(name)).map(name => `${place}: there is no ${name}`),
    ]
  })
}

/** What Node.js, its packages and malloc are told. */
export const notOurs = ['NODE_ENV', 'MALLOC_ARENA_MAX']

/** The settings that each place gives to our processes. Templates that only a program can read have tests of their own: Helm, the CDK, osls. */
export const settingsIn: Record<string, () => string[]> = {
  'compose.yaml': () => ['migrate', ...hosting.map(([name]) => name)].flatMap(environmentOf),
  'the image': () =>
    all(read('deployment/docker/Dockerfile'), /^ENV (.*)$/gm)
      .flatMap(line => line.split(' ').map(pair => pair.split('=')[0]!))
      .filter(name => ![...notOurs, 'HOME', 'PATH'].includes(name)),
  PM2: () =>
    pm2Applications({ WAYBILL_PM2: 'parts' })
      .flatMap(({ env }) => keys(env))
      .filter(notOfPm2),
  'Helm, values': () =>
    files('deployment/helm/waybill/values*.yaml').flatMap(path => chosenSettings(parse(read(path)))),
  'Helm, secrets': () =>
    Object.values(serviceFacts).flatMap(({ required, optional = [] }) => [...required, ...optional]),
  'kustomize, base': () => containers.flatMap(({ env = [] }) => env.map(({ name }) => name)),
  'kustomize, overlays': () =>
    files('deployment/kubernetes/overlays/*/kustomization.yaml').flatMap(path =>
      all(read(path), /- \{ name: (\w+), value/g),
    ),
  serverless: () => [
    ...keys(serverless.provider.environment),
    ...keys(serverless.custom)
      .filter(name => name.endsWith('Settings'))
      .flatMap(name => keys(serverless.custom[name])),
  ],
  'example of a document of settings': () =>
    Object.values(JSON.parse(read('deployment/config/example.json')) as Record<string, object>).flatMap(keys),
}

/** Read by the file itself. */
const notOfPm2 = (name: string) => ![...notOurs, 'WAYBILL_PM2', 'WAYBILL_INSTANCES', 'WAYBILL_LOG_FILES'].includes(name)

interface Values {
  settings?: object
  services?: Record<string, { settings?: object }>
  exports?: { settings?: object }
}
const chosenSettings = ({ settings, services = {}, exports }: Values) =>
  [settings, exports?.settings, ...Object.values(services).map(each => each.settings)].flatMap(keys)

export function unknownSettings(isSetting: (name: string) => boolean, places = settingsIn): string[] {
  return Object.entries(places).flatMap(([place, names]) =>
    [...new Set(names())].filter(name => !isSetting(name)).map(name => `${place}: ${name} is no setting`),
  )
}
