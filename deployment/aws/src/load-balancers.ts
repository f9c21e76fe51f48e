// Two load balancers: clients come by path to one, services find each other by port at the other, which the internet cannot reach.

import { type ServiceName, serviceNames } from '@waybill/contracts'
import { Duration } from 'aws-cdk-lib'
import { type IVpc, Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2'
import {
  type ApplicationListener,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  ListenerAction,
  ListenerCertificate,
  ListenerCondition,
  SslPolicy,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import type { Construct } from 'constructs'
import { subnets } from './network.ts'
import { pathRules, serviceOfTheRest } from './path-rules.ts'
import { capital } from './service-facts.ts'
import type { Stage } from './stages.ts'

/** PORT of every instance, where nobody serves: PM2 puts each service on one of those behind it, the same at the inside's balancer. */
export const port = 8000
export const portOf = (service: ServiceName) => port + 1 + serviceNames.indexOf(service)
/** DRAIN_TIME, as long as it may be. The balancer would notice in two checks, 10 s; an instance that a group ends is taken from it before. */
export const drainTime = '5s'
/** Longer than the longest held answer (60 s) and than the silence of an event stream. */
const idleTimeout = Duration.seconds(90)

export interface Entrances {
  readonly front: ApplicationLoadBalancer
  /** Groups of the front, and of the inside, by service. */
  readonly groups: Record<ServiceName, { front: ApplicationTargetGroup; inside: ApplicationTargetGroup }>
  /** Where services call this one. */
  urlOf(service: ServiceName): string
  readonly publicUrl: string
}

interface Options {
  stage: Stage
  vpc: IVpc
  /** Of instances: whom the balancers may call. */
  instances: SecurityGroup
  /** Who may call the inside. */
  callers: SecurityGroup[]
  /** Of ACM, with the host that it is for; without one the front is not reached from outside of the network. */
  certificate?: { arn: string; host: string }
}

export function createEntrances(scope: Construct, options: Options): Entrances {
  const { vpc, stage, certificate, instances } = options
  const balancer = (name: string, isPublic: boolean) => {
    const door = new SecurityGroup(scope, `${name}Door`, {
      vpc,
      description: `Waybill ${name}`,
      allowAllOutbound: false,
    })
    const ports = Port.tcpRange(port + 1, port + serviceNames.length)
    door.addEgressRule(instances, ports, 'instances')
    instances.addIngressRule(door, ports, name)
    const made = new ApplicationLoadBalancer(scope, name, {
      vpc,
      internetFacing: isPublic,
      vpcSubnets: { subnetGroupName: isPublic ? subnets.entrance : subnets.services },
      securityGroup: door,
      idleTimeout,
      dropInvalidHeaderFields: true,
      deletionProtection: stage.keepsData,
    })
    return { made, door }
  }
  const front = balancer('Front', certificate !== undefined)
  const inside = balancer('Inside', false)
  const groups = Object.fromEntries(
    serviceNames.map(service => [
      service,
      {
        front: targetGroup(scope, service, 'Front', vpc),
        inside: targetGroup(scope, service, 'Inside', vpc),
      },
    ]),
  ) as Entrances['groups']

  const listener = certificate
    ? openToTheWorld(front.made, certificate.arn)
    : front.made.addListener('Http', { port: 80, open: false, defaultAction: unknownPath() })
  if (certificate) {
    front.door.addIngressRule(Peer.anyIpv4(), Port.tcp(443), 'everybody')
    front.door.addIngressRule(Peer.anyIpv4(), Port.tcp(80), 'everybody, to be sent to 443')
  } else front.door.addIngressRule(Peer.ipv4(stage.network), Port.tcp(80), 'the network')
  for (const [index, { service, patterns }] of pathRules().entries()) {
    listener.addAction(`Paths${index}`, {
      priority: 10 * (index + 1),
      conditions: [ListenerCondition.pathPatterns(patterns)],
      action: ListenerAction.forward([groups[service].front]),
    })
  }
  // Never read: what no rule names is forwarded by a rule of its own, so that it stands with the others.
  listener.addAction('TheRest', {
    priority: 10_000,
    conditions: [ListenerCondition.pathPatterns(['/*'])],
    action: ListenerAction.forward([groups[serviceOfTheRest].front]),
  })
  for (const service of serviceNames) {
    inside.made.addListener(`Inside${capital(service)}`, {
      port: portOf(service),
      protocol: ApplicationProtocol.HTTP,
      open: false,
      defaultAction: ListenerAction.forward([groups[service].inside]),
    })
    for (const caller of options.callers) inside.door.addIngressRule(caller, Port.tcp(portOf(service)), service)
  }
  return {
    front: front.made,
    groups,
    urlOf: service => `http://${inside.made.loadBalancerDnsName}:${portOf(service)}`,
    publicUrl: certificate ? `https://${certificate.host}` : `http://${front.made.loadBalancerDnsName}`,
  }
}

const unknownPath = () => ListenerAction.fixedResponse(404, { contentType: 'text/plain', messageBody: 'not here' })

function openToTheWorld(balancer: ApplicationLoadBalancer, certificateArn: string): ApplicationListener {
  balancer.addListener('Http', {
    port: 80,
    open: false,
    defaultAction: ListenerAction.redirect({ protocol: 'HTTPS', port: '443', permanent: true }),
  })
  return balancer.addListener('Https', {
    port: 443,
    open: false,
    certificates: [ListenerCertificate.fromArn(certificateArn)],
    sslPolicy: SslPolicy.RECOMMENDED_TLS,
    defaultAction: unknownPath(),
  })
}

function targetGroup(scope: Construct, service: ServiceName, side: string, vpc: IVpc): ApplicationTargetGroup {
  return new ApplicationTargetGroup(scope, `${capital(service)}${side}Targets`, {
    vpc,
    port: portOf(service),
    protocol: ApplicationProtocol.HTTP,
    targetType: TargetType.INSTANCE,
    // Alive, not ready: a broker that is away is no reason to refuse orders, which wait in the database.
    healthCheck: {
      path: '/healthz',
      healthyHttpCodes: '200',
      interval: Duration.seconds(5),
      timeout: Duration.seconds(4),
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 2,
    },
    deregistrationDelay: Duration.seconds(30),
  })
}
