// The other choice for what happens behind an order: Lambda functions that SQS calls with batches, so that instances only answer requests.

import type { ServiceName } from '@waybill/contracts'
import { Duration, Fn } from 'aws-cdk-lib'
import type { SecurityGroup } from 'aws-cdk-lib/aws-ec2'
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { Architecture, Code, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import type { FoundationStack } from './foundation-stack.ts'
import { keep } from './keep.ts'
import { subnets } from './network.ts'
import { grantService } from './rights.ts'
import { capital } from './service-facts.ts'
import { type StageName, stages } from './stages.ts'

interface Options {
  service: ServiceName
  stageName: StageName
  foundation: FoundationStack
  /** Of the instances: workers call what they call. */
  callers: SecurityGroup
  settings: Record<string, string>
  /** The folder that `npm run bundle` made of the service. */
  bundle: string
}

/** Exports run as long as Lambda lets them, and go on at their checkpoint in the next minute. */
const secondsOf = (service: ServiceName) => (service === 'data' ? 900 : 120)

export function createWorker(scope: Construct, options: Options): Lambda {
  const { service, stageName, foundation, settings } = options
  const stage = stages[stageName]
  const name = `waybill-${stageName}-${service}-worker`
  const worker = new Lambda(scope, `${capital(service)}Worker`, {
    functionName: name,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.X86_64,
    handler: 'index.worker',
    code: Code.fromAsset(options.bundle),
    memorySize: stage.workerMegabytes,
    timeout: Duration.seconds(secondsOf(service)),
    vpc: foundation.network,
    vpcSubnets: { subnetGroupName: subnets.services },
    securityGroups: [options.callers, foundation.databases[service].clients],
    logGroup: new LogGroup(scope, `${capital(service)}WorkerLogs`, {
      logGroupName: `/waybill/${stageName}/${service}-worker`,
      retention: stage.logDays,
      removalPolicy: keep(stage),
    }),
    environment: {
      ...environmentOf(settings),
      WAYBILL_SERVICES: service,
      WAYBILL_HOME: '/tmp/waybill',
      DATABASE_POOL_SIZE: '4',
      WAYBILL_SECRET_KEY: foundation.sharedSecret.secretValue.unsafeUnwrap(),
      [`${service.toUpperCase()}_DATABASE_URL`]: databaseUrl(foundation, service),
    },
    environmentEncryption: foundation.key,
  })
  grantService(worker.role!, service, stageName, foundation)
  const queues = foundation.events.queues.get(service)
  if (queues) {
    const reportBatchItemFailures = true
    worker.addEventSource(
      new SqsEventSource(queues.queue, { batchSize: 10, maxConcurrency: stage.batchesAtOnce, reportBatchItemFailures }),
    )
    worker.addEventSource(new SqsEventSource(queues.dead, { batchSize: 1, reportBatchItemFailures }))
  }
  new Rule(scope, `${capital(service)}Due`, {
    description: `What is due in ${service}: timers, outbox, exports`,
    schedule: Schedule.rate(Duration.minutes(1)),
    targets: [
      new LambdaFunction(worker, { event: RuleTargetInput.fromObject({ work_due_for: '45s' }), retryAttempts: 0 }),
    ],
  })
  return worker
}

/** What only a server reads is left out; AWS_REGION is Lambda's own. */
function environmentOf(settings: Record<string, string>): Record<string, string> {
  const notForWorkers = ['AWS_REGION', 'HOST', 'PORT', 'DRAIN_TIME', 'TRUST_PROXY', 'CONFIG_REFRESH']
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !notForWorkers.includes(name)))
}

/** References that CloudFormation fills in when it sets the function up: no template and no repository holds the password. */
function databaseUrl(foundation: FoundationStack, service: ServiceName): string {
  const { instance, secret } = foundation.databases[service]
  const password = secret.secretValueFromJson('password').unsafeUnwrap()
  const address = `${instance.dbInstanceEndpointAddress}:${instance.dbInstanceEndpointPort}`
  return Fn.join('', ['mysql://waybill:', password, '@', address, '/waybill?ssl=Amazon%20RDS'])
}
