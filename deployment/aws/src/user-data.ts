// What an instance does when it starts for the first time: gets the release, and lets systemd run it, as nobody in particular.

import type { ServiceName } from '@waybill/contracts'
import { Aws } from 'aws-cdk-lib'
import type { AutoScalingGroup, CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling'
import type { FoundationStack } from './foundation-stack.ts'
import { portOf } from './load-balancers.ts'
import type { StageName } from './stages.ts'

interface Options {
  service: ServiceName
  stageName: StageName
  release: string
  settings: Record<string, string>
  foundation: FoundationStack
  logGroup: string
  group: AutoScalingGroup
}

export function userDataFor({ service, release, settings, foundation, logGroup, group }: Options): string[] {
  const { releases, sharedSecret, databases } = foundation
  const resource = group.node.defaultChild as CfnAutoScalingGroup
  const instanceSettings = {
    ...settings,
    WAYBILL_PM2: service,
    WAYBILL_INSTANCES: 'max',
    SERVES_AT: String(portOf(service)),
    SECRET_KEY_ARN: sharedSecret.secretArn,
    DATABASE_SECRET_ARN: databases[service].secret.secretArn,
    LOG_GROUP: logGroup,
    STACK: Aws.STACK_NAME,
    GROUP: resource.logicalId,
  }
  return [
    'set -euo pipefail',
    'mkdir -p /etc/waybill /opt/waybill',
    // No secrets: those are fetched at each start and stand in no file.
    "cat > /etc/waybill/instance.env <<'SETTINGS'",
    ...Object.entries(instanceSettings).map(([name, value]) => `${name}=${value}`),
    'SETTINGS',
    `aws s3 cp --only-show-errors s3://${releases.bucketName}/${release}.tar.gz - | tar -xz -C /opt/waybill --strip-components 1`,
    '/opt/waybill/deployment/aws/instance/set-up',
  ]
}
