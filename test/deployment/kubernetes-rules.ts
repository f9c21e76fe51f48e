// What must hold of Waybill's objects in any installation, beyond the types of Kubernetes: each rule answers its mistakes, a line for each.
import { serviceNames } from '@waybill/contracts'
import { settingsSchema } from '@waybill/contracts/settings'
import { readDuration, type Setting } from '@waybill/platform/config'
import { type ServiceFacts, secretsOf, urlSettingOf } from '../../scripts/kubernetes-artefacts.ts'
import { idOf, type Manifest } from '../../scripts/kubernetes-manifests.ts'

export interface Installation {
  manifests: Manifest[]
  facts: Record<string, ServiceFacts>
  /** The beginning of all names. */
  name?: string
}
type Rule = (installation: Installation) => string[]

const settings: Record<string, Setting<unknown>> = settingsSchema
/** Secrets of all processes. */
const shared = ['WAYBILL_SECRET_KEY', 'BROKER_URL', 'WAYBILL_CONFIG_KEY']
/** The time that a process takes at most from SIGTERM to its end, seconds. */
const endsWithin = 15
/** What MySQL takes where nobody has said otherwise; a database belongs to one service. */
const connectionsAtMost = 151

interface Variable {
  name: string
  value?: string
  valueFrom?: { secretKeyRef: { name: string; key: string; optional?: boolean } }
}

export function findBrokenRules(installation: Installation): string[] {
  return Object.values(rules).flatMap(rule => rule(installation))
}

export const ofKind = (manifests: Manifest[], kind: string) => manifests.filter(each => each.kind === kind)
const workloads = (manifests: Manifest[]) => [...ofKind(manifests, 'Deployment'), ...ofKind(manifests, 'Job')]
const podOf = (workload: Manifest) => workload.spec.template.spec
const containerOf = (workload: Manifest) => podOf(workload).containers[0]
const variablesOf = (workload: Manifest): Variable[] => containerOf(workload).env
const settingOf = (workload: Manifest, name: string) => variablesOf(workload).find(each => each.name === name)?.value
const serviceOf = (workload: Manifest) => settingOf(workload, 'WAYBILL_SERVICES') ?? ''

export function selects(selector: Record<string, string>, labels: Record<string, string> | undefined): boolean {
  return Object.entries(selector).every(([name, value]) => labels?.[name] === value)
}

const rules: Record<string, Rule> = {
  everyNameOnce: ({ manifests }) => {
    const ids = manifests.map(idOf)
    return ids.filter((id, at) => ids.indexOf(id) !== at).map(id => `${id} is there twice`)
  },

  servicesAreKnown: ({ manifests }) =>
    workloads(manifests)
      .filter(each => !serviceNames.some(name => name === serviceOf(each)))
      .map(each => `${idOf(each)}: there is no service ${serviceOf(each)}`),

  settingsAreKnown: ({ manifests }) =>
    workloads(manifests).flatMap(workload =>
      variablesOf(workload).flatMap((variable, at, all) => {
        const about = `${idOf(workload)}: ${variable.name}`
        if (all.findIndex(({ name }) => name === variable.name) !== at) return [`${about} is given twice`]
        return whatIsWrongWith(variable).map(problem => `${about} ${problem}`)
      }),
    ),

  secretsAreOnesOwn: ({ manifests, facts, name = 'waybill' }) =>
    workloads(manifests).flatMap(workload => {
      const service = serviceOf(workload)
      const own = workload.kind === 'Job' ? (facts[service]?.required ?? []) : secretsOf(facts[service])
      return variablesOf(workload).flatMap(({ name: key, valueFrom }) => {
        const source = valueFrom?.secretKeyRef
        if (!source) return []
        const allowed = shared.includes(key)
          ? [`${name}-shared`, `${name}-${service}-migrate`]
          : [`${name}-${service}`, ...(workload.kind === 'Job' ? [`${name}-${service}-migrate`] : [])]
        const wrong = [
          ...(source.key === key ? [] : [`is read from the key ${source.key}`]),
          ...(allowed.includes(source.name) ? [] : [`is read from the secret ${source.name}`]),
          ...(shared.includes(key) || own.includes(key) ? [] : ['is not for this service']),
        ]
        return wrong.map(problem => `${idOf(workload)}: ${key} ${problem}`)
      })
    }),

  everybodyHasWhatTheyNeed: ({ manifests, facts }) =>
    workloads(manifests).flatMap(workload => {
      const service = serviceOf(workload)
      const own = facts[service]
      if (!own) return []
      const takesOnlyExports = settingOf(workload, 'WAYBILL_WORK') === 'export'
      const urls = takesOnlyExports ? [] : own.calls.map(urlSettingOf)
      const needed =
        workload.kind === 'Job'
          ? own.required
          : [...own.required, ...urls, 'WAYBILL_SECRET_KEY', 'BROKER_URL', 'HOST', 'PORT', 'DRAIN_TIME', 'TRUST_PROXY']
      const given = variablesOf(workload).map(({ name }) => name)
      const surplus = given.filter(name => name.endsWith('_SERVICE_URL') && !needed.includes(name))
      return [
        ...needed.filter(name => !given.includes(name)).map(name => `${idOf(workload)}: ${name} is missing`),
        ...surplus.map(name => `${idOf(workload)}: ${name} is of no use`),
      ]
    }),

  workIsDone: ({ manifests }) => {
    const works = ofKind(manifests, 'Deployment').map(each => settingOf(each, 'WAYBILL_WORK'))
    return works.includes('http') && !works.includes('export') ? ['nobody takes the exports'] : []
  },

  servicesAreFound: ({ manifests, name: prefix = 'waybill' }) =>
    ofKind(manifests, 'Deployment').flatMap(workload =>
      variablesOf(workload).flatMap(({ name, value }) => {
        const service = serviceNames.find(each => name === urlSettingOf(each))
        if (!service) return []
        const expected = `http://${prefix}-${service}:8000`
        return value === expected ? [] : [`${idOf(workload)}: ${name} is ${value}, not ${expected}`]
      }),
    ),

  selectorsMeetOnePart: ({ manifests }) => {
    const deployments = ofKind(manifests, 'Deployment')
    const meets = (selector: Record<string, string>) =>
      deployments.filter(each => selects(selector, each.spec.template.metadata.labels)).length
    const selectors = [
      ...deployments.map(each => [each, each.spec.selector.matchLabels]),
      ...ofKind(manifests, 'Service').map(each => [each, each.spec.selector]),
      ...ofKind(manifests, 'PodDisruptionBudget').map(each => [each, each.spec.selector.matchLabels]),
      ...deployments.flatMap(each =>
        podOf(each).topologySpreadConstraints.map((spread: Manifest) => [each, spread.labelSelector.matchLabels]),
      ),
    ] as [Manifest, Record<string, string>][]
    return selectors
      .filter(([, selector]) => meets(selector) !== 1)
      .map(([manifest, selector]) => `${idOf(manifest)} selects the pods of ${meets(selector)} deployments`)
  },

  metricsAreFound: ({ manifests }) =>
    ofKind(manifests, 'ServiceMonitor').flatMap(monitor => {
      const found = ofKind(manifests, 'Service').filter(each =>
        selects(monitor.spec.selector.matchLabels, each.metadata.labels),
      )
      const job = found[0]?.metadata.labels?.[monitor.spec.jobLabel]
      return [
        ...(found.length === 1 ? [] : [`${idOf(monitor)} finds ${found.length} services`]),
        ...(job === 'waybill' ? [] : [`${idOf(monitor)}: the alerts do not know the job ${job}`]),
      ]
    }),

  ingressesLeadSomewhere: ({ manifests }) =>
    ofKind(manifests, 'Ingress').flatMap(ingress =>
      (ingress.spec.rules as Manifest[]).flatMap(({ http }) =>
        (http.paths as Manifest[]).flatMap(({ backend }) => {
          const service = ofKind(manifests, 'Service').find(each => each.metadata.name === backend.service.name)
          const port = service?.spec.ports.some((each: Manifest) => each.name === backend.service.port.name)
          return port ? [] : [`${idOf(ingress)} leads to ${backend.service.name}, which is not there`]
        }),
      ),
    ),

  oneScalerAtMost: ({ manifests }) => {
    const scalers = [...ofKind(manifests, 'HorizontalPodAutoscaler'), ...ofKind(manifests, 'ScaledObject')]
    const targets = scalers.map(each => each.spec.scaleTargetRef.name)
    return ofKind(manifests, 'Deployment').flatMap(each => {
      const count = targets.filter(name => name === each.metadata.name).length
      const problems = [
        ...(count > 1 ? ['is scaled by two'] : []),
        // Whoever sets the number in both places undoes the other's work with each upgrade.
        ...(count === 1 && each.spec.replicas !== undefined ? ['has replicas and is scaled'] : []),
        ...(count === 0 && each.spec.replicas === undefined ? ['has no replicas and is not scaled'] : []),
      ]
      return problems.map(problem => `${idOf(each)} ${problem}`)
    })
  },

  scalersHaveTargets: ({ manifests }) => {
    const deployments = ofKind(manifests, 'Deployment').map(each => each.metadata.name)
    const scalers = [...ofKind(manifests, 'HorizontalPodAutoscaler'), ...ofKind(manifests, 'ScaledObject')]
    return scalers.flatMap(each => {
      const { scaleTargetRef } = each.spec
      const [least, most] = boundsOf(each)
      return [
        ...(deployments.includes(scaleTargetRef.name) ? [] : [`${idOf(each)} scales ${scaleTargetRef.name}`]),
        // How late exports are is told by those who take them: with none there is nobody to tell.
        ...(least >= 1 && most >= least ? [] : [`${idOf(each)} has from ${least} to ${most}`]),
      ]
    })
  },

  databasesTakeAll: ({ manifests }) =>
    serviceNames.flatMap(service => {
      const scalers = [...ofKind(manifests, 'HorizontalPodAutoscaler'), ...ofKind(manifests, 'ScaledObject')]
      const connections = ofKind(manifests, 'Deployment')
        .filter(each => serviceOf(each) === service)
        .map(each => {
          const scaler = scalers.find(({ spec }) => spec.scaleTargetRef.name === each.metadata.name)
          const most = scaler ? boundsOf(scaler)[1] : each.spec.replicas
          const surge = each.spec.strategy.rollingUpdate.maxSurge
          return (most + surge) * Number(settingOf(each, 'DATABASE_POOL_SIZE') ?? settings.DATABASE_POOL_SIZE!.fallback)
        })
        .reduce((sum, each) => sum + each, 0)
      return connections <= connectionsAtMost ? [] : [`${service}: ${connections} connections to one database`]
    }),

  podsAreConfined: ({ manifests }) =>
    workloads(manifests).flatMap(workload => {
      const pod = podOf(workload)
      const container = containerOf(workload)
      const wanted: [string, boolean][] = [
        ['one container', pod.containers.length === 1 && pod.initContainers === undefined],
        ['another user than root', pod.securityContext.runAsNonRoot === true && pod.securityContext.runAsUser > 0],
        ['seccomp', pod.securityContext.seccompProfile.type === 'RuntimeDefault'],
        ['no token', pod.automountServiceAccountToken === false],
        ['no variables of Kubernetes', pod.enableServiceLinks === false],
        ['a root that cannot be written', container.securityContext.readOnlyRootFilesystem === true],
        ['no more rights', container.securityContext.allowPrivilegeEscalation === false],
        ['no capabilities', container.securityContext.capabilities.drop.includes('ALL')],
        ['a limit of memory', container.resources.limits.memory !== undefined],
        [
          'requests',
          container.resources.requests.cpu !== undefined && container.resources.requests.memory !== undefined,
        ],
        ['volumes for its mounts', mountsHaveVolumes(pod, container)],
      ]
      return wanted.filter(([, holds]) => !holds).map(([what]) => `${idOf(workload)}: not ${what}`)
    }),

  thereIsTimeToEnd: ({ manifests }) =>
    ofKind(manifests, 'Deployment').flatMap(each => {
      const pod = podOf(each)
      const { lifecycle, readinessProbe, livenessProbe } = containerOf(each)
      const pause: number = lifecycle.preStop.sleep.seconds
      const drain = (readDuration(settingOf(each, 'DRAIN_TIME') ?? '') ?? 0) / 1_000
      const wanted: [string, boolean][] = [
        ['enough time to end', pod.terminationGracePeriodSeconds >= pause + endsWithin],
        ['a drain that is over in time', drain > 0 && drain < endsWithin],
        ['the probes that keep orders coming', readinessProbe.httpGet.path === '/healthz'],
        ['a liveness probe with patience', livenessProbe.periodSeconds * livenessProbe.failureThreshold >= 60],
      ]
      return wanted.filter(([, holds]) => !holds).map(([what]) => `${idOf(each)}: not ${what}`)
    }),

  accountsAreThere: ({ manifests }) => {
    const accounts = ofKind(manifests, 'ServiceAccount')
    const bound = ofKind(manifests, 'Deployment').map(each => podOf(each).serviceAccountName)
    return [
      ...bound.filter(name => !accounts.some(({ metadata }) => metadata.name === name)),
      ...accounts.filter(each => each.automountServiceAccountToken !== false).map(idOf),
    ].map(each => `${each}: no account of its own without a token`)
  },

  authenticationsAreThere: ({ manifests }) =>
    ofKind(manifests, 'ScaledObject').flatMap(each =>
      (each.spec.triggers as Manifest[])
        .filter(({ authenticationRef }) => authenticationRef)
        .filter(({ authenticationRef }) =>
          ofKind(manifests, 'TriggerAuthentication').every(({ metadata }) => metadata.name !== authenticationRef.name),
        )
        .map(() => `${idOf(each)}: who signs in for it is not there`),
    ),
}

function boundsOf({ spec }: Manifest): [number, number] {
  return [spec.minReplicas ?? spec.minReplicaCount, spec.maxReplicas ?? spec.maxReplicaCount]
}

function mountsHaveVolumes(pod: Manifest, container: Manifest): boolean {
  const volumes = (pod.volumes as { name: string }[]).map(({ name }) => name)
  return (container.volumeMounts as { name: string }[]).every(({ name }) => volumes.includes(name))
}

function whatIsWrongWith({ name, value, valueFrom }: Variable): string[] {
  const setting = settings[name]
  if (!setting) return ['is no setting of ours']
  if (value === undefined) return valueFrom ? [] : ['has no value']
  if (setting.secret) return ['is a secret, and stands in a manifest']
  try {
    setting.parse(value)
    return []
  } catch (error) {
    return [`is ${value}: ${(error as Error).message}`]
  }
}
