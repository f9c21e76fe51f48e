// The CDK application, synthesized for each stage without a network: what it says is what AWS's schemas and the code know.
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { serviceNames } from '@waybill/contracts'
import { settingsSchema } from '@waybill/contracts/settings'
import { startService } from '@waybill/platform/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadServices } from '../../apps/server/src/load-services.ts'
import { costTable } from '../../deployment/aws/src/costs.ts'
import { capital, consumers, serviceFacts } from '../../deployment/aws/src/service-facts.ts'
import { stageNames, stages } from '../../deployment/aws/src/stages.ts'
import { coresOf, trackedGroups } from '../scaling/target-tracking.ts'
import {
  instanceSettings,
  type Resource,
  resourceNamed,
  resourcesOf,
  type SynthesizedStage,
  stageAsItStands,
  synthesize,
} from './synthesized-stage.ts'

const aws = fileURLToPath(new URL('../../deployment/aws/', import.meta.url))
const serverless = new URL('../../deployment/serverless/', import.meta.url)
const of = resourcesOf
const named = resourceNamed
const asText = (value: unknown) => JSON.stringify(value)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-aws-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What an instance's own scripts read, and no setting of Waybill's. */
const ofTheScripts = [
  'WAYBILL_PM2',
  'WAYBILL_INSTANCES',
  'SERVES_AT',
  'SECRET_KEY_ARN',
  'DATABASE_SECRET_ARN',
  'LOG_GROUP',
  'STACK',
  'GROUP',
]

describe.each(stageNames)('%s', stageName => {
  const stage = () => stageAsItStands(stageName)

  test.each(serviceNames)(
    '%s has a group of instances with its own settings, all known, and no secret among them',
    service => {
      const group = named(stage().services, 'AWS::AutoScaling::AutoScalingGroup', `${capital(service)}Group`).Properties
      expect([group.MinSize, group.MaxSize]).toEqual(['1', String(stages[stageName].mostInstances[service])])
      expect(group.TargetGroupARNs).toHaveLength(2)
      const policy = named(stage().services, 'AWS::AutoScaling::ScalingPolicy', `${capital(service)}Group`).Properties
      expect(policy.TargetTrackingConfiguration).toMatchObject({
        PredefinedMetricSpecification: { PredefinedMetricType: 'ASGAverageCPUUtilization' },
        TargetValue: 60,
      })
      const given = instanceSettings(stage(), service)
      const settings = Object.entries(given).filter(([name]) => !ofTheScripts.includes(name))
      for (const [name, value] of settings) {
        expect(settingsSchema, name).toHaveProperty(name)
        const setting = settingsSchema[name as keyof typeof settingsSchema]
        if (name !== 'BROKER_URL') expect(setting.secret, name).toBe(false)
        if (!value.includes('{')) expect(() => setting.parse(value), name).not.toThrow()
      }
      expect(given).toMatchObject({ WAYBILL_PM2: service, WAYBILL_ENV: stageName })
      const urls = serviceNames.filter(other => `${other.toUpperCase()}_SERVICE_URL` in given)
      expect(urls.sort()).toEqual([...serviceFacts[service].calls].sort())
      expect(given.DATABASE_SECRET_ARN).toContain(`${capital(service)}DatabaseSecret`)
      for (const side of ['Front', 'Inside']) {
        const targets = named(stage().services, 'AWS::ElasticLoadBalancingV2::TargetGroup', capital(service) + side)
        expect(String(targets.Properties.Port), side).toBe(given.SERVES_AT)
      }
    },
  )

  test.each(serviceNames)('%s may do what it must, by names, to what is its own', service => {
    const statements: { Action: string | string[]; Resource: unknown }[] = named(
      stage().services,
      'AWS::IAM::Policy',
      `${capital(service)}Role`,
    ).Properties.PolicyDocument.Statement
    const actions = statements.flatMap(({ Action }) => Action)
    expect(actions.filter(action => /^\*|:\*/.test(action))).toEqual([])
    expect(statements.filter(({ Resource }) => Resource === '*')).toEqual([])
    const others = serviceNames.filter(name => name !== service).map(capital)
    const text = asText(statements)
    for (const other of others) expect(text).not.toMatch(new RegExp(`${other}(Database|Queue|DeadQueue|Logs)`))
    expect(text.includes('s3:PutObject')).toBe(service === 'data')
    expect(actions.includes('sqs:ReceiveMessage')).toBe(true)
    expect(text.includes(`${capital(service)}Queue`)).toBe(consumers.includes(service))
  })

  test('every service has a database of its own that it alone reaches, encrypted and over TLS', () => {
    const databases = of(stage().foundation, 'AWS::RDS::DBInstance')
    expect(databases).toHaveLength(serviceNames.length)
    for (const service of serviceNames) {
      const { Properties } = named(stage().foundation, 'AWS::RDS::DBInstance', `${capital(service)}Database`)
      expect(Properties).toMatchObject({ Engine: 'mysql', StorageEncrypted: true, PubliclyAccessible: false })
      expect(Properties.MultiAZ).toBe(stages[stageName].databaseStandby)
      expect(asText(Properties.VPCSecurityGroups)).toContain(`${capital(service)}DatabaseDoor`)
      const doors = of(stage().foundation, 'AWS::EC2::SecurityGroupIngress').filter(([id]) =>
        id.startsWith(`${capital(service)}DatabaseDoor`),
      )
      expect(doors.map(([, door]) => asText(door.Properties.SourceSecurityGroupId))).toEqual([
        expect.stringContaining(`${capital(service)}DatabaseClients`),
      ])
    }
    const [[, parameters]] = of(stage().foundation, 'AWS::RDS::DBParameterGroup') as [[string, Resource]]
    expect(parameters.Properties.Parameters).toMatchObject({
      innodb_flush_log_at_trx_commit: '1',
      require_secure_transport: '1',
    })
  })

  test('the topic and the queues have the names that the code goes by; what nobody takes is kept and told', () => {
    const name = `waybill-${stageName}`
    const topics = of(stage().foundation, 'AWS::SNS::Topic').map(([, { Properties }]) => Properties.TopicName)
    expect(topics).toEqual([`${name}-events`])
    const queues = of(stage().foundation, 'AWS::SQS::Queue').map(([, { Properties }]) => Properties.QueueName)
    expect(queues.sort()).toEqual(consumers.flatMap(each => [`${name}-${each}`, `${name}-${each}-dead`]).sort())
    const filters = of(stage().foundation, 'AWS::SNS::Subscription').map(([, { Properties }]) => [
      Properties.FilterPolicy,
      Properties.RawMessageDelivery,
    ])
    expect(filters).toEqual(expect.arrayContaining(consumers.map(each => [{ [`to_${each}`]: ['1'] }, true])))
    const alarms = of(stage().services, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties)
    for (const { AlarmActions } of alarms) expect(AlarmActions).toHaveLength(1)
    for (const each of consumers)
      expect(alarms.map(({ AlarmName }) => AlarmName)).toContain(`${name}-${capital(each)}Dead`)
  })

  test('what holds data is kept where it counts, encrypted, and is nobody’s on the internet', () => {
    const keeps = stages[stageName].keepsData
    for (const type of ['AWS::RDS::DBInstance', 'AWS::S3::Bucket', 'AWS::KMS::Key'])
      for (const [id, resource] of of(stage().foundation, type)) {
        const { DeletionPolicy } = resource as { DeletionPolicy?: string }
        if (id !== 'EventsQueueKey' && !id.startsWith('QueueKey'))
          expect([id, DeletionPolicy]).toEqual([id, keeps ? 'Retain' : 'Delete'])
      }
    for (const [, { Properties }] of of(stage().foundation, 'AWS::S3::Bucket'))
      expect(Properties.PublicAccessBlockConfiguration).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      })
    // Without a certificate the front is for the network alone.
    for (const [, { Properties }] of of(stage().services, 'AWS::ElasticLoadBalancingV2::LoadBalancer'))
      expect(Properties.Scheme).toBe('internal')
  })
})

describe('the front', () => {
  interface Rule {
    priority: number
    patterns: string[]
    group: string
  }
  const rulesOf = ({ services }: SynthesizedStage): Rule[] =>
    of(services, 'AWS::ElasticLoadBalancingV2::ListenerRule')
      .map(([, { Properties }]) => ({
        priority: Properties.Priority,
        patterns: Properties.Conditions[0].PathPatternConfig.Values,
        group: Properties.Actions[0].TargetGroupArn.Ref,
      }))
      .sort((one, other) => one.priority - other.priority)
  // As an Application Load Balancer has it: * is any number of characters, ? is one.
  const fits = (pattern: string, path: string) =>
    new RegExp(
      `^${pattern
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replaceAll('*', '.*')
        .replaceAll('?', '.')}$`,
    ).test(path)
  const leadsTo = (rules: Rule[], path: string) =>
    rules.find(({ patterns }) => patterns.some(each => fits(each, path)))?.group

  test('every path of every service leads to it; what is unknown gets an answer of ours', async () => {
    const rules = rulesOf(stageAsItStands('prod'))
    expect(rules.filter(({ patterns }) => patterns.length > 5)).toEqual([])
    const host = await startService(await loadServices())
    await host.stop()
    const astray: string[] = []
    for (const { service, path } of host.routes) {
      if (!serviceNames.some(name => name === service)) continue
      const example = path.replace(/:\w+/g, 'x')
      const group = leadsTo(rules, example)
      if (!group?.startsWith(`${capital(service!)}Front`)) astray.push(`${example} of ${service} leads to ${group}`)
    }
    // What SNS brings over HTTPS belongs to the service that the path names.
    for (const service of serviceNames)
      expect(leadsTo(rules, `/sns/${service}`)).toMatch(new RegExp(`^${capital(service)}Front`))
    expect(astray).toEqual([])
    expect(host.routes.length).toBeGreaterThan(40)
    for (const path of ['/', '/assets/x.js', '/nobody/knows', '/docs'])
      expect(leadsTo(rules, path)).toMatch(/^OrderFront/)
  })

  test('with a certificate it is everybody’s, over TLS alone', () => {
    const certificate = 'arn:aws:acm:eu-central-1:123456789012:certificate/6a3f0000-0000-4000-8000-000000000000'
    const { services } = synthesize('dev', { certificate, host: 'waybill.example.com' })
    const schemes = of(services, 'AWS::ElasticLoadBalancingV2::LoadBalancer').map(([id, { Properties }]) => [
      id.slice(0, 5),
      Properties.Scheme,
    ])
    expect(schemes).toEqual(
      expect.arrayContaining([
        ['Front', 'internet-facing'],
        ['Insid', 'internal'],
      ]),
    )
    const [open] = of(services, 'AWS::ElasticLoadBalancingV2::Listener').filter(
      ([, { Properties }]) => Properties.Port === 443,
    )
    expect(open![1].Properties.Certificates).toEqual([{ CertificateArn: certificate }])
    const plain = of(services, 'AWS::ElasticLoadBalancingV2::Listener').find(
      ([, { Properties }]) => Properties.Port === 80,
    )!
    expect(plain[1].Properties.DefaultActions[0].Type).toBe('redirect')
    expect(() => synthesize('dev', { certificate })).toThrow('go together')
  })
})

test('with Lambda workers each service has one: its queues in batches that may fail in part, and what is due every minute', async () => {
  // Bundles are made and run by other tests (serverless.test.ts, order-on-lambda.test.ts).
  const bundles = join(folder, 'bundles/')
  for (const service of serviceNames) {
    await mkdir(join(bundles, service), { recursive: true })
    await writeFile(join(bundles, service, 'index.mjs'), `// ${service}\n`)
  }
  const stage = synthesize('qa', { workers: 'lambda', bundles })
  for (const service of serviceNames) {
    const { Properties } = named(stage.services, 'AWS::Lambda::Function', `${capital(service)}Worker`)
    const given: Record<string, unknown> = Properties.Environment.Variables
    for (const [name, value] of Object.entries(given)) {
      expect(settingsSchema, name).toHaveProperty(name)
      if (settingsSchema[name as keyof typeof settingsSchema].secret && name !== 'BROKER_URL')
        expect(asText(value), name).toContain('{{resolve:secretsmanager:')
    }
    expect(Object.keys(given).filter(name => name.endsWith('_DATABASE_URL'))).toEqual([
      `${service.toUpperCase()}_DATABASE_URL`,
    ])
    expect(Properties).toMatchObject({ Handler: 'index.worker', Runtime: 'nodejs24.x', Architectures: ['x86_64'] })
    const sources = of(stage.services, 'AWS::Lambda::EventSourceMapping').filter(([id]) =>
      id.startsWith(`${capital(service)}Worker`),
    )
    expect(sources).toHaveLength(consumers.includes(service) ? 2 : 0)
    for (const [, source] of sources)
      expect(source.Properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures'])
    named(stage.services, 'AWS::Events::Rule', `${capital(service)}Due`)
  }
  // The two ways to Lambda run the same code for as long.
  const other = await readFile(new URL('serverless.yml', serverless), 'utf8')
  expect(other).toContain('exportSeconds: 900')
  expect(other).toContain('workerSeconds: 120')
  expect(() => synthesize('qa', { workers: 'people' })).toThrow('instances or lambda')
})

test('an instance fetches its secrets when it starts, and shows them to PM2 alone', async () => {
  const root = join(folder, 'release')
  await cp(join(aws, 'instance'), join(root, 'deployment/aws/instance'), { recursive: true })
  const program = async (path: string, text: string) => {
    await mkdir(join(root, path, '..'), { recursive: true })
    await writeFile(join(root, path), `#!/usr/bin/env bash\n${text}\n`, { mode: 0o755 })
  }
  const secret = asText({
    username: 'waybill',
    password: 'pa55word',
    host: 'db.example',
    port: 3306,
    dbname: 'waybill',
  })
  await program(
    'bin/aws',
    `[[ "$*" == *arn:database* ]] && echo '${secret}' || { [[ "$*" == *arn:key* ]] && echo the-key; }`,
  )
  await program('node_modules/.bin/pm2-runtime', 'echo "$@"; env')
  await program('node_modules/.bin/node', `exec ${process.execPath} "$@"`)
  const { stdout } = await promisify(execFile)(join(root, 'deployment/aws/instance/start'), {
    env: {
      PATH: `${join(root, 'bin')}:${process.env.PATH}`,
      ...{
        AWS_REGION: 'eu-central-1',
        WAYBILL_PM2: 'order',
        SECRET_KEY_ARN: 'arn:key',
        DATABASE_SECRET_ARN: 'arn:database',
      },
    },
  })
  const [started, ...environment] = stdout.split('\n')
  expect(started).toBe(`start ${root}/deployment/pm2/ecosystem.config.cjs`)
  expect(environment).toContain('WAYBILL_SECRET_KEY=the-key')
  expect(environment).toContain('ORDER_DATABASE_URL=mysql://waybill:pa55word@db.example:3306/waybill?ssl=Amazon%20RDS')
  expect(environment.filter(line => /ARN/.test(line))).toEqual([])
  const url = environment.find(line => line.startsWith('ORDER_DATABASE_URL='))!.slice('ORDER_DATABASE_URL='.length)
  expect(() => settingsSchema.ORDER_DATABASE_URL.parse(url)).not.toThrow()
})

test.each(stageNames)('the simulated day goes by the groups of %s as they are synthesized', stageName => {
  const { services } = stageAsItStands(stageName)
  const groups = serviceNames.map(part => {
    const begin = `${capital(part)}Group`
    const group = named(services, 'AWS::AutoScaling::AutoScalingGroup', begin).Properties
    const { TargetTrackingConfiguration: tracking } = named(
      services,
      'AWS::AutoScaling::ScalingPolicy',
      begin,
    ).Properties
    const { LaunchTemplateData } = named(services, 'AWS::EC2::LaunchTemplate', `${capital(part)}Template`).Properties
    // Else there is one figure in five minutes, and the alarms of the simulation are three and fifteen.
    expect(LaunchTemplateData.Monitoring).toEqual({ Enabled: true })
    expect(tracking.DisableScaleIn).not.toBe(true)
    const { InstanceType: machine } = LaunchTemplateData
    return {
      ...{ part, machine, cores: coresOf[machine], target: tracking.TargetValue / 100 },
      ...{ min: Number(group.MinSize), max: Number(group.MaxSize), warmUpSeconds: group.DefaultInstanceWarmup },
    }
  })
  expect(trackedGroups(stageName)).toEqual(groups)
})

test('the costs in docs/aws.md are those of the templates', async () => {
  const templates = Object.fromEntries(
    stageNames.map(name => {
      const { foundation, services } = stageAsItStands(name)
      return [name, [foundation, services]]
    }),
  )
  expect(await readFile(new URL('../../docs/aws.md', import.meta.url), 'utf8')).toContain(costTable(templates))
})
