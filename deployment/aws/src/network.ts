// The network of a stage: load balancers in public subnets, instances and functions behind a NAT gateway, databases where nothing leads out.
import { GatewayVpcEndpointAwsService, IpAddresses, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2'
import type { Construct } from 'constructs'
import type { Stage } from './stages.ts'

export const subnets = { entrance: 'entrance', services: 'services', databases: 'databases' } as const

export function createNetwork(scope: Construct, stage: Stage): Vpc {
  const network = new Vpc(scope, 'Network', {
    ipAddresses: IpAddresses.cidr(stage.network),
    availabilityZones: ['a', 'b', 'c'].slice(0, stage.zones).map(letter => `${stage.region}${letter}`),
    // One where an hour without the outside world is no harm.
    natGateways: stage.keepsData ? stage.zones : 1,
    subnetConfiguration: [
      { name: subnets.entrance, subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false },
      { name: subnets.services, subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      { name: subnets.databases, subnetType: SubnetType.PRIVATE_ISOLATED },
    ],
    restrictDefaultSecurityGroup: false,
  })
  // Exports and releases do not go through, and are not paid at, the NAT gateway.
  network.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 })
  return network
}
