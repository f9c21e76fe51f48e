// The chart and kustomize's stages, rendered by the real programs in every combination: what they say is what Kubernetes and the code know.
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type EventDefinition, eventCatalogue, type ServiceName, serviceNames } from '@waybill/contracts'
import { settingsSchema } from '@waybill/contracts/settings'
import type { Route } from '@waybill/platform/http'
import { startService } from '@waybill/platform/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { consoleRoutes } from '../../apps/server/src/console-routes.ts'
import { loadServices } from '../../apps/server/src/load-services.ts'
import { deadQueueOf, queueOf } from '../../packages/platform/src/bus/rabbit-topology.ts'
import { queueName as sqsQueueName } from '../../packages/platform/src/bus/sns-address.ts'
import {
  makeKubernetesFiles,
  presentKubernetesFiles,
  readServiceFacts,
  type ServiceFacts,
  secretsOf,
} from '../../scripts/kubernetes-artefacts.ts'
import {
  type ChartOptions,
  chart,
  idOf,
  lintChart,
  type Manifest,
  renderChart,
  renderKustomization,
  withoutHelm,
} from '../../scripts/kubernetes-manifests.ts'
import { openKubernetesPrograms, whyNoKubernetesPrograms } from '../../scripts/kubernetes-programs.ts'
import { runExportTimer } from '../../services/data/src/bo/run-export.ts'
import { isPublicAddress } from '../../services/order/src/models/public-address.ts'
import { findBrokenRules, ofKind } from './kubernetes-rules.ts'
import { leadsTo, mayBeCalled, mayCall } from './kubernetes-traffic.ts'
import { findMistakes } from './kubernetes-types.ts'

const stages = ['dev', 'qa', 'prod'] as const
const deployment = fileURLToPath(new URL('../../deployment/', import.meta.url))
const source = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8')

/** A release of one service alone; of all where none is named. */
const without = (service?: ServiceName) =>
  service === undefined
    ? []
    : serviceNames.filter(name => name !== service).map(name => `services.${name}.enabled=false`)

/** Every setting of each of these values with every other. */
const switches = ['ingress', 'keda', 'autoscaling', 'monitoring', 'exports'] as const
const switched = Array.from({ length: 2 ** switches.length }, (_, bits) =>
  switches.map((name, at) => `${name}.enabled=${((bits >> at) & 1) === 1}`),
)
const someSecrets = [
  'secrets.create=true',
  'secrets.shared.WAYBILL_SECRET_KEY=k',
  'secrets.shared.BROKER_URL=amqp://b',
  'secrets.shared.WAYBILL_CONFIG_KEY=c',
  'secrets.payment.STRIPE_SECRET_KEY=sk_test_x',
  ...serviceNames.map(name => `secrets.${name}.${name.toUpperCase()}_DATABASE_URL=mysql://d`),
]
/** What is set now and then. */
const others: Record<string, string[]> = {
  'secrets of its own making': someSecrets,
  'SNS and SQS': [
    'network.broker.kind=sns',
    'keda.enabled=true',
    'keda.sqs.region=eu-central-1',
    'keda.sqs.prefix=waybill-qa',
  ],
  'settings from S3': ['settings.CONFIG_URI=s3://bucket/settings.json', 'settings.CONFIG_REFRESH=1m'],
  'settings from a file, secrets too': [
    'settings.CONFIG_URI=file:/etc/waybill/settings.json',
    'configuration.configMap=settings',
    ...someSecrets,
  ],
  'a digest, a registry that asks who we are': [
    `image.digest=sha256:${'0'.repeat(64)}`,
    'image.pullSecrets={one,two}',
    'image.pullPolicy=Always',
  ],
  'a folder that is shared, an account at AWS': [
    'localCloud.existingClaim=clouds',
    'services.data.serviceAccountAnnotations.role=r',
  ],
  'another name': ['name=parcels', 'keda.enabled=true', 'monitoring.enabled=true', 'monitoring.labels.release=p'],
  'no policies': ['network.enabled=false'],
  'no job for tables': ['migrations.enabled=false'],
}

interface Rendering {
  what: string
  manifests: Manifest[]
  name?: string
}
const renderings: Rendering[] = []
const overlays = new Map<string, Manifest[]>()
let facts: Record<string, ServiceFacts>
const rendered = (what: string): Manifest[] => renderings.find(each => each.what === what)!.manifests
/** All that an installation can have at once. */
const everything: ChartOptions = { set: ['keda.enabled=true', 'monitoring.enabled=true'] }

/** One after the other on each of two processors. */
async function renderAll(jobs: (() => Promise<Rendering>)[]): Promise<void> {
  const waiting = [...jobs]
  const work = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) renderings.push(await job())
  }
  await Promise.all([work(), work(), work()])
}

const missing = whyNoKubernetesPrograms()
if (missing !== undefined) {
  if (process.env.WAYBILL_ENGINES === 'required') throw new Error(missing)
  process.stderr.write(`SKIPPED: the chart and the stages of Kubernetes were not tested: ${missing}\n`)
}

describe.skipIf(missing !== undefined)('on Kubernetes', () => {
  beforeAll(async () => {
    await openKubernetesPrograms()
    facts = await readServiceFacts()
    const render = (what: string, options: ChartOptions, name?: string) => async () => ({
      what,
      manifests: await renderChart(options),
      name,
    })
    await renderAll([
      ...[undefined, ...stages].flatMap(stage =>
        [undefined, ...serviceNames].map(service =>
          render(`${stage ?? 'no stage'}, ${service ?? 'all'}`, {
            values: stage ? [`values-${stage}.yaml`] : [],
            namespace: stage ? `waybill-${stage}` : 'waybill',
            set: without(service),
            release: service ? `waybill-${service}` : 'waybill',
          }),
        ),
      ),
      ...switched.map(set => render(set.join(), { set })),
      ...serviceNames.map(service =>
        render(`everything, ${service}`, { set: [...without(service), ...everything.set!] }),
      ),
      ...Object.entries(others).map(([what, set]) =>
        render(what, { set }, set.includes('name=parcels') ? 'parcels' : undefined),
      ),
      render('everything', everything),
      ...stages.map(stage => async () => {
        const manifests = await renderKustomization(join(deployment, 'kubernetes/overlays', stage))
        overlays.set(stage, manifests)
        return { what: `kustomize ${stage}`, manifests }
      }),
    ])
  }, 300_000)

  test('every combination is what the API of Kubernetes, KEDA and the Prometheus operator takes', async () => {
    expect(renderings.length).toBeGreaterThan(60)
    expect(await findMistakes(renderings.flatMap(({ manifests }) => manifests))).toEqual([])
  })

  test('every combination keeps the rules of Waybill', () => {
    for (const { what, manifests, name } of renderings) {
      // A service alone calls others that another release brings.
      expect(findBrokenRules({ manifests, facts, name }), what).toEqual([])
    }
  })

  test.each(stages)('kustomize says of %s what the chart says', stage => {
    const byId = (manifests: Manifest[]) => Object.fromEntries(manifests.map(each => [idOf(each), inOrder(each)]))
    expect(byId(overlays.get(stage)!)).toEqual(byId(rendered(`${stage}, all`).map(withoutHelm)))
  })

  test('releases of one service each make together what one of all makes', () => {
    for (const stage of stages) {
      const apart = serviceNames.flatMap(service => rendered(`${stage}, ${service}`))
      const ids = (manifests: Manifest[]) => manifests.map(idOf).sort()
      expect(ids(apart), stage).toEqual(ids(rendered(`${stage}, all`)))
      const together = new Map(rendered(`${stage}, all`).map(each => [idOf(each), each]))
      for (const each of apart) expect(each, idOf(each)).toEqual(together.get(idOf(each)))
    }
  })

  test('what is made from settings, services and the chart is what node scripts/generate-kubernetes.ts makes', async () => {
    const files = await makeKubernetesFiles()
    expect(await presentKubernetesFiles()).toEqual(Object.keys(files).sort())
    for (const [path, text] of Object.entries(files)) {
      expect(await readFile(join(deployment, path), 'utf8'), path).toBe(text)
    }
  })

  test('the chart has the version of Waybill, and so has its image', async () => {
    const { version } = JSON.parse(await source('package.json')) as { version: string }
    expect(parse(await source('deployment/helm/waybill/Chart.yaml'))).toMatchObject({ version, appVersion: version })
    const [container] = rendered('kustomize prod').find(({ kind }) => kind === 'Deployment')!.spec.template.spec
      .containers
    expect(container.image).toBe(`waybill:${version}`)
  })

  test('helm lints the chart with the values of every stage', async () => {
    for (const stage of stages)
      expect(await lintChart({ values: [`values-${stage}.yaml`] })).toContain('0 chart(s) failed')
  })

  describe('what the chart knows of the services', () => {
    test('each has its processes, its place and its policies', () => {
      const ids = rendered('everything').map(idOf)
      for (const name of serviceNames) {
        const kinds = ['Deployment', 'Service', 'ServiceAccount', 'Ingress', 'NetworkPolicy', 'PodDisruptionBudget']
        for (const kind of [...kinds, 'ServiceMonitor']) expect(ids).toContain(`${kind}/waybill-${name}`)
        expect(ids).toContain(`Job/waybill-${name}-migrate`)
      }
    })

    test('each calls those whose API its sources call, and user, which judges tokens', async () => {
      for (const name of serviceNames) {
        const calls = await calledBy(name)
        expect([...facts[name]!.calls].sort(), name).toEqual(calls)
      }
    })

    test('each gets the secrets that its sources name, and no other', async () => {
      const secrets = Object.entries(settingsSchema)
        .filter(([name, { secret }]) => secret || name === 'OPERATOR_EMAIL')
        .map(([name]) => name)
        .filter(name => !['WAYBILL_SECRET_KEY', 'BROKER_URL', 'WAYBILL_CONFIG_KEY'].includes(name))
      for (const name of serviceNames) {
        const text = await sourcesOf(name)
        // The URL of its database is read for it where it is hosted.
        const read = secrets.filter(secret => text.includes(secret) || secret === `${name.toUpperCase()}_DATABASE_URL`)
        expect(secretsOf(facts[name]).sort(), name).toEqual(read.sort())
      }
    })

    test('each that handles events has a queue, and KEDA asks for it by its name', () => {
      const definitions = Object.values<EventDefinition>(eventCatalogue)
      for (const name of serviceNames) {
        const consumes = definitions.some(({ consumers }) => consumers.includes(name))
        expect(facts[name]!.queue, name).toBe(consumes)
        const scaled = ofKind(rendered('everything'), 'ScaledObject').find(
          each => each.metadata.name === `waybill-${name}`,
        )
        const asked = (scaled?.spec.triggers as Manifest[] | undefined)?.find(({ type }) => type === 'rabbitmq')
        expect(asked?.metadata as unknown, name).toEqual(
          consumes
            ? { protocol: 'amqp', mode: 'QueueLength', queueName: queueOf(name), value: expect.stringMatching(/^\d+$/) }
            : undefined,
        )
        expect(queueOf(name)).not.toBe(deadQueueOf(name))
      }
    })

    test('on SNS and SQS KEDA asks for the queue of each by its name there, as whoever its processes are', () => {
      const manifests = rendered('SNS and SQS')
      const asked = (name: string) =>
        ofKind(manifests, 'ScaledObject')
          .filter(({ metadata }) => metadata.name === `waybill-${name}`)
          .flatMap(({ spec }) => spec.triggers as Manifest[])
          .filter(({ type }) => type === 'aws-sqs-queue' || type === 'rabbitmq')
      for (const name of serviceNames) {
        const expected = {
          type: 'aws-sqs-queue',
          metadata: { queueURL: sqsQueueName('waybill-qa', name), queueLength: '200', awsRegion: 'eu-central-1' },
          authenticationRef: { name: `waybill-${name}` },
        }
        expect(asked(name) as unknown, name).toEqual(facts[name]!.queue ? [expected] : [])
      }
      const identities = ofKind(manifests, 'TriggerAuthentication').map(({ spec }) => spec as unknown)
      expect(identities).toEqual(
        serviceNames
          .filter(name => facts[name]!.queue)
          .map(() => ({
            podIdentity: { provider: 'aws', identityOwner: 'workload' },
          })),
      )
    })

    test('KEDA asks Prometheus for a figure that the processes for exports tell', async () => {
      const scaled = ofKind(rendered('everything'), 'ScaledObject').find(each =>
        each.metadata.name.endsWith('-export'),
      )!
      const { metadata } = (scaled.spec.triggers as Manifest[]).find(({ type }) => type === 'prometheus')!
      expect(metadata as unknown).toEqual({
        serverAddress: expect.stringMatching(/^http/),
        query: `max(waybill_timers_late_seconds{namespace="waybill",service="data",kind="${runExportTimer}"})`,
        threshold: '5',
      })
      expect(await source('packages/platform/src/service/service-gauges.ts')).toContain("'waybill_timers_late_seconds'")
    })

    test('the alerts are those of deployment/prometheus', async () => {
      const [rule, ...more] = ofKind(rendered('everything'), 'PrometheusRule')
      expect(more).toEqual([])
      expect(rule!.spec).toEqual(parse(await source('deployment/prometheus/alerts.yaml')))
      expect(ofKind(overlays.get('prod')!, 'PrometheusRule')[0]!.spec).toEqual(rule!.spec)
    })
  })

  describe('the ingress', () => {
    let routes: Route[]
    beforeAll(async () => {
      const host = await startService(await loadServices())
      await host.stop()
      routes = [...host.routes, ...consoleRoutes(new URL('file:///nowhere/'))]
    })
    const exampleOf = (path: string) => path.replace(/:\w+/g, 'x')

    test('every path leads to the service that has it, whatever is released beside it', () => {
      for (const what of ['no stage, all', 'kustomize prod', 'dev, all']) {
        expect(pathsAstray(rendered(what), routes), what).toEqual([])
      }
      for (const service of serviceNames) {
        const own = routes.filter(each => each.service === service)
        expect(own.length).toBeGreaterThan(0)
        expect(pathsAstray(rendered(`no stage, ${service}`), own), service).toEqual([])
      }
    })

    test('the console, documents and unknown paths are answered by order, SNS by the service that it names', () => {
      const manifests = rendered('no stage, all')
      for (const path of ['/', '/assets/x.js', '/docs', '/openapi.json', '/nowhere', '/userx', '/healthz']) {
        expect(leadsTo(manifests, path), path).toBe('waybill-order')
      }
      for (const name of serviceNames) expect(leadsTo(manifests, `/sns/${name}`)).toBe(`waybill-${name}`)
    })

    test('a new route that the ingress does not know is missed', () => {
      const added = { ...routes.find(({ service }) => service === 'payment')!, path: '/invoices/:id' }
      expect(pathsAstray(rendered('no stage, all'), [...routes, added])).toEqual([
        '/invoices/:id leads to waybill-order',
      ])
    })

    function pathsAstray(manifests: Manifest[], of: Route[]): string[] {
      return of
        .filter(({ service }) => service !== 'operations')
        .map(({ path, service }) => {
          const led = leadsTo(manifests, exampleOf(path))
          const expected = `waybill-${service === 'console' ? 'order' : service}`
          return led === expected ? undefined : `${path} leads to ${led}`
        })
        .filter(each => each !== undefined)
    }
  })

  describe('the network policies', () => {
    const port = 8000
    const labels = (component: string) => ({
      'app.kubernetes.io/name': 'waybill',
      'app.kubernetes.io/component': component,
    })
    const parts = () =>
      ofKind(rendered('no stage, all'), 'Deployment').map(each => each.metadata.name.slice('waybill-'.length))

    test('services reach those that they call, and nobody else', () => {
      const manifests = rendered('no stage, all')
      expect(parts()).toContain('data-export')
      for (const from of parts()) {
        for (const to of parts()) {
          const calls = facts[from]?.calls.includes(to as ServiceName) ?? false
          expect(mayCall(manifests, labels(from), { labels: labels(to) }, port), `${from} to ${to}`).toBe(calls)
        }
      }
    })

    test('they are called by the ingress controller and by Prometheus, and by nobody from elsewhere', () => {
      const manifests = rendered('no stage, all')
      for (const to of parts()) {
        const from = (namespace: string) => mayBeCalled(manifests, labels(to), { labels: {}, namespace }, port)
        expect(from('monitoring'), to).toBe(true)
        expect(from('ingress-nginx'), to).toBe(to !== 'data-export')
        expect(from('default'), to).toBe(false)
        expect(mayBeCalled(manifests, labels(to), { labels: {} }, port), to).toBe(false)
      }
    })

    test('each has its database, the broker and names; the job that makes tables its database alone', () => {
      const manifests = rendered('no stage, all')
      const names = { labels: { 'k8s-app': 'kube-dns' }, namespace: 'kube-system' }
      const migrations = serviceNames.map(name => `${name}-migrate`)
      for (const part of [...parts(), ...migrations]) {
        const reaches = (address: string, port: number) => mayCall(manifests, labels(part), { address }, port)
        // A rule without peers is for all, addresses too.
        expect(
          [3306, 5672, 22, 8000].filter(port => reaches('10.1.2.3', port)),
          part,
        ).toEqual(migrations.includes(part) ? [3306] : [3306, 5672])
        expect(namesAreAsked(manifests, labels(part), names)).toBe(true)
        for (const to of serviceNames) {
          if (migrations.includes(part)) {
            expect(mayCall(manifests, labels(part), { labels: labels(to) }, port)).toBe(false)
          }
        }
      }
    })

    test('nobody reaches the metadata of a machine, nor a private address but those of its engines', () => {
      const refused = [
        '169.254.169.254',
        '10.0.0.1',
        '172.16.0.1',
        '192.168.1.1',
        '127.0.0.1',
        '100.64.0.1',
        'fd00::1',
        '::1',
      ]
      for (const { what, manifests, name } of renderings) {
        if (name || what === 'no policies') continue
        for (const part of parts()) {
          if (!ofKind(manifests, 'Deployment').some(each => each.metadata.name === `waybill-${part}`)) continue
          for (const address of refused) {
            for (const port of [80, 443]) {
              expect(mayCall(manifests, labels(part), { address }, port), `${what}: ${part} to ${address}`).toBe(false)
            }
          }
        }
      }
    })

    test('clouds and gateways are reached by TLS, callbacks at any port, the rest not at all; all of AWS where AWS carries events', () => {
      const open = (manifests: Manifest[], part: string) =>
        [80, 443, 8443].filter(port => mayCall(manifests, labels(part), { address: '52.95.110.1' }, port))
      const reached = Object.fromEntries(parts().map(part => [part, open(rendered('no stage, all'), part)]))
      expect(reached).toEqual({
        user: [],
        order: [80, 443, 8443],
        payment: [443],
        data: [443],
        'data-export': [443],
      })
      for (const what of ['SNS and SQS', 'settings from S3']) expect(open(rendered(what), 'user'), what).toEqual([443])
    })

    test('what they hold for public is what a callback may be sent to', () => {
      const manifests = rendered('no stage, all')
      const may = (address: string) => mayCall(manifests, labels('order'), { address }, 443)
      const around = (number: number) => [number - 1, number, number + 1].map(each => each >>> 0)
      const edges = (manifests.find(each => idOf(each) === 'NetworkPolicy/waybill-order')!.spec.egress as Manifest[])
        .flatMap(({ to = [] }) => to as Manifest[])
        .flatMap(({ ipBlock }) => (ipBlock?.except as string[] | undefined) ?? [])
      const numbers = edges
        .filter(range => !range.includes(':'))
        .flatMap(range => {
          const [network, length] = range.split('/') as [string, string]
          const first = network.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
          return [...around(first), ...around(first + 2 ** (32 - Number(length)) - 1)]
        })
      expect(numbers.length).toBeGreaterThan(50)
      // A walk over all addresses beside the edges, in steps that hit each byte of each value.
      for (let at = 0; at < 2 ** 32; at += 65_521 * 149) numbers.push(at)
      const asAddress = (number: number) => [24, 16, 8, 0].map(shift => (number >>> shift) & 0xff).join('.')
      const wrong = numbers.map(asAddress).filter(address => may(address) !== isPublicAddress(address))
      expect(wrong).toEqual([])
      const sixes = [
        '2606:4700::1111',
        '2001:db8::1',
        '2001:0::1',
        '2002:a00:1::',
        '3fff::1',
        'fe80::1',
        'ff02::1',
        '64:ff9b::a00:1',
      ]
      // Forms that carry a private address in a public one are refused by the policies whole.
      for (const address of sixes) expect(may(address) && !isPublicAddress(address), address).toBe(false)
      expect(may('2606:4700::1111')).toBe(true)
    })
  })

  describe('mistakes', () => {
    type Planted = [what: string, id: string, change: Change, expected: RegExp]
    const againstTypes: Planted[] = [
      [
        'a misspelt field',
        'Deployment/waybill-order',
        ([each]) => {
          const [container] = each!.spec.template.spec.containers
          container.livenesProbe = container.livenessProbe
        },
        /'"livenesProbe"' does not exist/,
      ],
      [
        'a wrong type',
        'Deployment/waybill-order',
        ([each]) => (each!.spec.revisionHistoryLimit = '5'),
        /must be integer/,
      ],
      [
        'a version that is gone',
        'Ingress/waybill-user',
        ([each]) => (each!.apiVersion = 'extensions/v1beta1'),
        /no such kind/,
      ],
      [
        'a misspelt field of KEDA',
        'ScaledObject/waybill-order',
        ([each]) => (each!.spec.minReplicas = 1),
        /'"minReplicas"' does not exist/,
      ],
      [
        'a misspelt field of a service monitor',
        'ServiceMonitor/waybill-order',
        ([each]) => (each!.spec.endpoints[0].intervall = '1s'),
        /'"intervall"' does not exist/,
      ],
    ]
    const againstRules: Planted[] = [
      [
        'a setting that is not ours',
        'Deployment/waybill-user',
        renameSetting('LOG_LEVEL', 'LOGLEVEL'),
        /LOGLEVEL is no setting/,
      ],
      [
        'a value that a setting refuses',
        'Deployment/waybill-user',
        setSetting('LOG_LEVEL', 'loud'),
        /LOG_LEVEL is loud/,
      ],
      [
        'a service that is not ours',
        'Deployment/waybill-user',
        setSetting('WAYBILL_SERVICES', 'billing'),
        /no service billing/,
      ],
      [
        "another's secret",
        'Deployment/waybill-user',
        renameSetting('USER_DATABASE_URL', 'ORDER_DATABASE_URL'),
        /not for this service/,
      ],
      [
        'a secret in the open',
        'Deployment/waybill-user',
        setSetting('BROKER_URL', 'amqp://a:b@c'),
        /stands in a manifest/,
      ],
      [
        'a setting that is missing',
        'Deployment/waybill-order',
        dropSetting('PAYMENT_SERVICE_URL'),
        /PAYMENT_SERVICE_URL is missing/,
      ],
      [
        'an address of nobody',
        'Deployment/waybill-order',
        setSetting('DATA_SERVICE_URL', 'http://data'),
        /not http:\/\/waybill-data/,
      ],
      [
        'too little time to end',
        'Deployment/waybill-order',
        ([each]) => (each!.spec.template.spec.terminationGracePeriodSeconds = 15),
        /not enough time to end/,
      ],
      [
        'a readiness that stops orders with the broker',
        'Deployment/waybill-order',
        ([each]) => (each!.spec.template.spec.containers[0].readinessProbe.httpGet.path = '/readyz'),
        /not the probes/,
      ],
      [
        'root',
        'Deployment/waybill-order',
        ([each]) => (each!.spec.template.spec.securityContext.runAsUser = 0),
        /not another user/,
      ],
      [
        'a selector of nobody',
        'Service/waybill-order',
        ([each]) => (each!.spec.selector = { app: 'x' }),
        /pods of 0 deployments/,
      ],
      [
        'more connections than there are',
        'ScaledObject/waybill-order',
        ([each]) => (each!.spec.maxReplicaCount = 50),
        /510 connections/,
      ],
      [
        'no exports while nobody takes them',
        'ScaledObject/waybill-data-export',
        ([each]) => (each!.spec.minReplicaCount = 0),
        /has from 0/,
      ],
    ]

    /** Everything, with the mistake in the one object. */
    function plant([, id, change]: Planted): Manifest[] {
      const manifests = structuredClone(rendered('everything'))
      change(manifests.filter(each => idOf(each) === id))
      return manifests
    }

    test('what the API does not take is found, each for itself', async () => {
      const found = await findMistakes(
        againstTypes.flatMap(each => plant(each).filter(manifest => idOf(manifest) === each[1])),
      )
      for (const [what, id, , expected] of againstTypes) {
        const lines = found.filter(line => line.startsWith(id)).join('\n')
        expect(lines, what).toMatch(expected)
      }
    })

    test.each(againstRules)('%s is found', (...each) => {
      expect(findBrokenRules({ manifests: plant(each), facts }).join('\n')).toMatch(each[3])
    })

    test.each([
      ['a value that is not known', ['services.order.replica.min=1'], /replica/],
      ['a setting that is not known', ['settings.LOGLEVEL=info'], /LOGLEVEL/],
      ['a secret among the settings', ['settings.STRIPE_SECRET_KEY=sk_live'], /STRIPE_SECRET_KEY/],
      ['a service that is not known', ['services.billing.enabled=true'], /billing/],
      ['no process at all', ['services.user.replicas.min=0'], /minimum/],
      ['queues of SQS in no region', ['network.broker.kind=sns', 'keda.enabled=true'], /keda\.sqs\.region is required/],
      ['secrets to make that are not given', ['secrets.create=true'], /secrets\.\w+\.\w+ is required/],
    ])('the chart refuses %s', async (_what, set, expected) => {
      await expect(renderChart({ set })).rejects.toThrow(expected)
    })

    test('a mistake in a template of the chart is found', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'waybill-chart-'))
      try {
        await cp(chart, folder, { recursive: true, dereference: true })
        const template = join(folder, 'templates/deployments.yaml')
        const text = await readFile(template, 'utf8')
        await writeFile(template, text.replace('readinessProbe:', 'readynessProbe:'))
        expect((await findMistakes(await renderChart({ chart: folder }))).join('\n')).toContain('readynessProbe')
      } finally {
        await rm(folder, { recursive: true })
      }
    })
  })

  test('the page for operators names values, secrets and files that are there', async () => {
    const page = await source('docs/kubernetes.md')
    const named = [...page.matchAll(/--set (\S+)/g)].map(([, value]) => value!.replaceAll(/['"]/g, ''))
    expect(named.length).toBeGreaterThan(2)
    await renderChart({ set: named })
    for (const name of serviceNames) for (const secret of secretsOf(facts[name])) expect(page, secret).toContain(secret)
    for (const stage of stages) expect(page).toContain(`values-${stage}.yaml`)
    for (const service of serviceNames) expect(page).toContain(`waybill-${service}`)
  })
})

/** Variables of a container in the order of their names: kustomize puts its own first. */
function inOrder(manifest: Manifest): Manifest {
  const copy = structuredClone(manifest)
  for (const { env } of copy.spec?.template?.spec?.containers ?? [])
    env.sort((a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1))
  return copy
}

/** Those that one side has and the other does not. */
async function sourcesOf(service: ServiceName): Promise<string> {
  const folder = fileURLToPath(new URL(`../../services/${service}/src/`, import.meta.url))
  const files = (await readdir(folder, { recursive: true })).filter(file => file.endsWith('.ts'))
  return (await Promise.all(files.map(file => readFile(join(folder, file), 'utf8')))).join('\n')
}

/** Who is handed the peers of all services may call all. */
async function calledBy(service: ServiceName): Promise<ServiceName[]> {
  const text = await source(`services/${service}/src/${service}-service.ts`)
  const named = [...text.matchAll(/\bpeers\.(\w+)/g)].map(([, name]) => name as ServiceName)
  const all = /\(\{[^})]*\bpeers\b[^.:}]/.test(text) ? serviceNames : []
  return [...new Set<ServiceName>([...named, ...all, 'user'])].filter(name => name !== service).sort()
}

type Change = (manifests: Manifest[]) => void
const variables = ([manifest]: Manifest[]): { name: string; value?: string; valueFrom?: unknown }[] =>
  manifest!.spec.template.spec.containers[0].env

function renameSetting(from: string, to: string): Change {
  return manifests => {
    variables(manifests).find(({ name }) => name === from)!.name = to
  }
}

function setSetting(name: string, value: string): Change {
  return manifests => {
    const variable = variables(manifests).find(each => each.name === name)!
    delete variable.valueFrom
    variable.value = value
  }
}

function dropSetting(name: string): Change {
  return manifests => {
    const all = variables(manifests)
    all.splice(
      all.findIndex(each => each.name === name),
      1,
    )
  }
}

/** Names are asked by UDP and TCP at port 53. */
function namesAreAsked(
  manifests: Manifest[],
  from: Record<string, string>,
  names: Parameters<typeof mayCall>[2],
): boolean {
  return mayCall(manifests, from, names, 53)
}
