// The instances of one service: a group that grows and shrinks, each running PM2 in cluster mode, with the rights of that service alone.

import type { ServiceName } from '@waybill/contracts'
import { Aws, Duration, Tags } from 'aws-cdk-lib'
import {
  AdditionalHealthCheckType,
  AutoScalingGroup,
  GroupMetrics,
  HealthChecks,
  Signals,
  TerminationPolicy,
  UpdatePolicy,
} from 'aws-cdk-lib/aws-autoscaling'
import {
  BlockDeviceVolume,
  EbsDeviceVolumeType,
  InstanceType,
  LaunchTemplate,
  LaunchTemplateHttpTokens,
  MachineImage,
  SecurityGroup,
  UserData,
} from 'aws-cdk-lib/aws-ec2'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import type { FoundationStack } from './foundation-stack.ts'
import { keep } from './keep.ts'
import { drainTime, type Entrances, port } from './load-balancers.ts'
import { subnets } from './network.ts'
import { grantService } from './rights.ts'
import { capital, serviceFacts } from './service-facts.ts'
import { type StageName, scaling, stages } from './stages.ts'
import { userDataFor } from './user-data.ts'

interface Options {
  service: ServiceName
  stageName: StageName
  foundation: FoundationStack
  entrances: Entrances
  /** What every instance is in, for the balancers to reach it. */
  instances: SecurityGroup
  /** Of the archive that instances run, in the bucket of releases. */
  release: string
}

export interface Fleet {
  readonly group: AutoScalingGroup
  readonly role: Role
  readonly settings: Record<string, string>
}

export function createFleet(scope: Construct, options: Options): Fleet {
  const { service, stageName, foundation, entrances, release } = options
  const stage = stages[stageName]
  const name = `waybill-${stageName}-${service}`
  const logs = new LogGroup(scope, `${capital(service)}Logs`, {
    logGroupName: `/waybill/${stageName}/${service}`,
    retention: stage.logDays,
    removalPolicy: keep(stage),
  })
  const role = new Role(scope, `${capital(service)}Role`, { assumedBy: new ServicePrincipal('ec2.amazonaws.com') })
  grantService(role, service, stageName, foundation)
  logs.grantWrite(role)
  role.addToPolicy(
    new PolicyStatement({
      actions: ['s3:GetObject'],
      resources: [foundation.releases.arnForObjects(`${release}.tar.gz`)],
    }),
  )

  const settings = settingsOf(options)
  const userData = UserData.forLinux()
  const template = new LaunchTemplate(scope, `${capital(service)}Template`, {
    // Its packages come from S3, by the gateway of the network.
    machineImage: MachineImage.latestAmazonLinux2023(),
    instanceType: new InstanceType(stage.instanceType),
    role,
    userData,
    securityGroup: options.instances,
    // CPU by the minute: the alarms of target tracking look at minutes, and every five are the default.
    detailedMonitoring: true,
    // The address of credentials answers only who asks twice, and no container or proxy behind the instance.
    httpTokens: LaunchTemplateHttpTokens.REQUIRED,
    httpPutResponseHopLimit: 1,
    blockDevices: [
      {
        deviceName: '/dev/xvda',
        volume: BlockDeviceVolume.ebs(16, {
          volumeType: EbsDeviceVolumeType.GP3,
          encrypted: true,
          deleteOnTermination: true,
        }),
      },
    ],
  })
  // As it stands: what calls these instances is no matter of the foundation's.
  const { securityGroupId } = foundation.databases[service].clients
  const databaseClients = SecurityGroup.fromSecurityGroupId(
    scope,
    `${capital(service)}DatabaseClients`,
    securityGroupId,
    { mutable: false },
  )
  template.connections.addSecurityGroup(databaseClients)
  const group = new AutoScalingGroup(scope, `${capital(service)}Group`, {
    vpc: foundation.network,
    vpcSubnets: { subnetGroupName: subnets.services },
    launchTemplate: template,
    minCapacity: scaling.least,
    maxCapacity: stage.mostInstances[service],
    healthChecks: HealthChecks.withAdditionalChecks({
      additionalTypes: [AdditionalHealthCheckType.ELB],
      gracePeriod: Duration.seconds(2 * scaling.warmUpSeconds),
    }),
    defaultInstanceWarmup: Duration.seconds(scaling.warmUpSeconds),
    terminationPolicies: [TerminationPolicy.OLDEST_LAUNCH_TEMPLATE, TerminationPolicy.DEFAULT],
    groupMetrics: [GroupMetrics.all()],
    // One goes when a new one serves: each says so itself.
    signals: Signals.waitForMinCapacity({ timeout: Duration.minutes(10) }),
    updatePolicy: UpdatePolicy.rollingUpdate({
      maxBatchSize: 1,
      minInstancesInService: 1,
      pauseTime: Duration.minutes(10),
      waitOnResourceSignals: true,
    }),
  })
  Tags.of(group).add('Name', name)
  userData.addCommands(
    ...userDataFor({ service, stageName, release, settings, foundation, logGroup: logs.logGroupName, group }),
  )
  group.attachToApplicationTargetGroup(entrances.groups[service].front)
  group.attachToApplicationTargetGroup(entrances.groups[service].inside)
  // Requests and events cost CPU, and waiting events keep it busy: one rule sees both.
  group.scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: scaling.cpu })
  return { group, role, settings }
}

/** What the stack alone knows; all else stands in the stage's document of settings, which these go before. */
function settingsOf({ service, stageName, foundation, entrances }: Options): Record<string, string> {
  const urls = serviceFacts[service].calls.map(other => [`${other.toUpperCase()}_SERVICE_URL`, entrances.urlOf(other)])
  return {
    WAYBILL_ENV: stageName,
    CONFIG_URI: foundation.configuration.s3UrlForObject('settings.json'),
    CONFIG_REFRESH: '5m',
    AWS_REGION: Aws.REGION,
    BROKER_URL: `sns://${Aws.REGION}/waybill-${stageName}`,
    SNS_TOPIC_ARN: foundation.events.topic.topicArn,
    ...Object.fromEntries(urls),
    PUBLIC_URL: entrances.publicUrl,
    HOST: '0.0.0.0',
    PORT: String(port),
    TRUST_PROXY: '1',
    DRAIN_TIME: drainTime,
  }
}
