// The stacks of one stage, by what `cdk -c name=value` says.
import { App, type AppProps } from 'aws-cdk-lib'
import recommendedFlags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' }
import { FoundationStack } from './foundation-stack.ts'
import { bundlesInTheTree, ServicesStack } from './services-stack.ts'
import { type StageName, stages } from './stages.ts'

export interface Stacks {
  readonly foundation: FoundationStack
  readonly services: ServicesStack
}

/** Behaves as the pinned version of the CDK recommends to those who begin with it. */
export function createApp(props: AppProps = {}): App {
  return new App({ analyticsReporting: false, ...props, context: { ...recommendedFlags, ...props.context } })
}

/** Throws where a value is not of its form. */
export function createStacks(app: App, stageName: StageName): Stacks {
  const workers = app.node.tryGetContext('workers') ?? 'instances'
  if (workers !== 'instances' && workers !== 'lambda') throw new Error(`-c workers=${workers}: instances or lambda`)
  const bundles = app.node.tryGetContext('bundles') ?? bundlesInTheTree
  const release = app.node.tryGetContext('release') ?? 'current'
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(release))
    throw new Error(`-c release=${release}: the name of an archive without .tar.gz`)
  const [arn, host] = [app.node.tryGetContext('certificate'), app.node.tryGetContext('host')]
  if ((arn === undefined) !== (host === undefined))
    throw new Error('-c certificate=<ARN> and -c host=<name> go together')
  const env = { region: stages[stageName].region }
  const terminationProtection = stages[stageName].keepsData
  const foundation = new FoundationStack(app, `waybill-${stageName}-foundation`, {
    ...{ env, stageName, terminationProtection },
    description: `Waybill ${stageName}: network, databases, events, keys, buckets`,
  })
  const services = new ServicesStack(app, `waybill-${stageName}-services`, {
    ...{ env, stageName, foundation, release, workers, bundles },
    certificate: arn === undefined ? undefined : { arn, host },
    description: `Waybill ${stageName}: load balancers, instances, workers, alarms`,
  })
  return { foundation, services }
}
