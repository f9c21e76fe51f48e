// What a release renews: load balancers, an autoscaling group for each service, Lambda workers where they are chosen, alarms.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serviceNames } from '@waybill/contracts'
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2'
import type { Construct } from 'constructs'
import { createAlarms } from './alarms.ts'
import type { FoundationStack } from './foundation-stack.ts'
import { createWorker } from './lambda-workers.ts'
import { createEntrances } from './load-balancers.ts'
import { createFleet } from './service-fleet.ts'
import { type StageName, stages } from './stages.ts'

interface Options extends StackProps {
  stageName: StageName
  foundation: FoundationStack
  /** The archive that instances run: its name in the bucket of releases. */
  release: string
  workers: 'instances' | 'lambda'
  /** The folder with the workers' code. */
  bundles: string
  certificate?: { arn: string; host: string }
}

/** What `npm run bundle` makes. */
export const bundlesInTheTree = fileURLToPath(new URL('../../serverless/build', import.meta.url))

export class ServicesStack extends Stack {
  constructor(scope: Construct, id: string, options: Options) {
    const { stageName, foundation, release, workers, bundles, certificate, ...rest } = options
    super(scope, id, rest)
    const vpc = foundation.network
    const instances = new SecurityGroup(this, 'Instances', {
      vpc,
      description: `Waybill ${stageName}: whatever runs its code`,
    })
    const entrances = createEntrances(this, {
      ...{ stage: stages[stageName], vpc, instances, certificate },
      callers: [instances],
    })
    for (const service of serviceNames) {
      const fleet = createFleet(this, { service, stageName, foundation, entrances, instances, release })
      if (workers === 'instances') continue
      const bundle = join(bundles, service)
      if (!existsSync(bundle)) throw new Error(`${bundle} is not there: npm run bundle`)
      createWorker(this, { service, stageName, foundation, bundle, callers: instances, settings: fleet.settings })
    }
    const duty = createAlarms(this, `waybill-${stageName}`, foundation, entrances)
    new CfnOutput(this, 'Url', { value: entrances.publicUrl })
    new CfnOutput(this, 'AlarmTopic', { value: duty.topicArn })
  }
}
