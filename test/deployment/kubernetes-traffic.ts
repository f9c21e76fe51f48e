// Where an ingress leads a path, and whom the network policies let talk to whom: as Kubernetes documents both.
import { BlockList, isIPv6 } from 'node:net'
import type { Manifest } from '../../scripts/kubernetes-manifests.ts'
import { ofKind, selects } from './kubernetes-rules.ts'

interface IngressPath {
  path: string
  pathType: 'Exact' | 'Prefix'
  backend: { service: { name: string } }
}

/** The name of the service; undefined where the controller itself answers 404. Exact paths go before prefixes, long ones before short ones. */
export function leadsTo(manifests: Manifest[], path: string): string | undefined {
  const paths = ofKind(manifests, 'Ingress').flatMap(each =>
    (each.spec.rules as { http: { paths: IngressPath[] } }[]).flatMap(({ http }) => http.paths),
  )
  const exact = paths.find(each => each.pathType === 'Exact' && each.path === path)
  const elements = (text: string) => text.split('/').filter(each => each !== '')
  const asked = elements(path)
  const prefixes = paths
    .filter(each => each.pathType === 'Prefix' && elements(each.path).every((part, at) => asked[at] === part))
    .sort((a, b) => b.path.length - a.path.length)
  return (exact ?? prefixes[0])?.backend.service.name
}

type Labels = Record<string, string>
/** A pod, of this namespace where it has no other, or an address. */
export type Place = { labels: Labels; namespace?: string } | { address: string }

interface Selector {
  matchLabels?: Labels
  matchExpressions?: { key: string; operator: string; values: string[] }[]
}
interface Peer {
  podSelector?: Selector
  namespaceSelector?: Selector
  ipBlock?: { cidr: string; except?: string[] }
}
interface PolicyRule {
  to?: Peer[]
  from?: Peer[]
  ports?: { protocol: string; port: number; endPort?: number }[]
}

/** Whether the policies let a pod open a connection (TCP) to the place. */
export function mayCall(manifests: Manifest[], from: Labels, to: Place, port: number): boolean {
  const leaves = judge(manifests, from, 'egress').some(rule => ports(rule, port) && peers(rule.to, to))
  if (!leaves || 'address' in to) return leaves
  return judge(manifests, to.labels, 'ingress').some(rule => ports(rule, port) && peers(rule.from, { labels: from }))
}

/** Whether the policies let one from elsewhere in. */
export function mayBeCalled(manifests: Manifest[], to: Labels, from: Place, port: number): boolean {
  return judge(manifests, to, 'ingress').some(rule => ports(rule, port) && peers(rule.from, from))
}

/** The rules for a pod; where no policy selects it, one that lets all through. */
function judge(manifests: Manifest[], labels: Labels, direction: 'ingress' | 'egress'): PolicyRule[] {
  const type = direction === 'ingress' ? 'Ingress' : 'Egress'
  const policies = ofKind(manifests, 'NetworkPolicy').filter(
    ({ spec }) => matches(spec.podSelector, labels) && spec.policyTypes.includes(type),
  )
  return policies.length === 0 ? [{}] : policies.flatMap(({ spec }) => (spec[direction] ?? []) as PolicyRule[])
}

function ports({ ports }: PolicyRule, port: number): boolean {
  return (
    ports === undefined ||
    ports.some(each => each.protocol === 'TCP' && port >= each.port && port <= (each.endPort ?? each.port))
  )
}

function peers(allowed: Peer[] | undefined, place: Place): boolean {
  return allowed === undefined || allowed.some(peer => isPeer(peer, place))
}

function isPeer({ podSelector, namespaceSelector, ipBlock }: Peer, place: Place): boolean {
  if ('address' in place) return ipBlock !== undefined && isWithin(place.address, ipBlock)
  if (ipBlock) return false
  const space = place.namespace === undefined ? undefined : { 'kubernetes.io/metadata.name': place.namespace }
  const isThere = namespaceSelector
    ? space !== undefined && matches(namespaceSelector, space)
    : place.namespace === undefined
  return isThere && (podSelector === undefined || matches(podSelector, place.labels))
}

function matches({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  return (
    selects(matchLabels, labels) &&
    matchExpressions.every(({ key, operator, values }) => operator === 'In' && values.includes(labels[key] ?? ''))
  )
}

function isWithin(address: string, { cidr, except = [] }: NonNullable<Peer['ipBlock']>): boolean {
  return inRange(address, cidr) && !except.some(range => inRange(address, range))
}

function inRange(address: string, cidr: string): boolean {
  const [network, length] = cidr.split('/') as [string, string]
  const kind = isIPv6(network) ? 'ipv6' : 'ipv4'
  if ((isIPv6(address) ? 'ipv6' : 'ipv4') !== kind) return false
  const list = new BlockList()
  list.addSubnet(network, Number(length), kind)
  return list.check(address, kind)
}
