// The stack that osls packages for each stage: every service is in it, reaches what it may and no more, and no secret stands in a file.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { MessageChannel, Worker } from 'node:worker_threads'
import {
  type EventDefinition,
  errorCatalogue,
  eventCatalogue,
  type ServiceName,
  serviceNames,
} from '@waybill/contracts'
import { settingsSchema } from '@waybill/contracts/settings'
import { readDuration } from '@waybill/platform/config'
import { startService } from '@waybill/platform/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadServices } from '../../apps/server/src/load-services.ts'
import { startMclassSimulator } from '../../services/data/simulator/start-mclass-simulator.ts'
import { callOver } from '../../services/data/src/clouds/export-calls.ts'
import type { Checkpoint } from '../../services/data/src/clouds/export-dataset.ts'
import type { ExportKeeper, ExportOrder, ExportRunner } from '../../services/data/src/clouds/export-threads.ts'
import { usualPatience } from '../../services/data/src/clouds/guarded-calls.ts'
import type { Engagement } from '../../services/data/src/clouds/thread-pool.ts'
import { routesOf } from '../system/lambda-deployment.ts'
import { functionFor } from '../system/lambda-gateway.ts'
import { type Packager, preparePackages, type Resource, type Stack, type Stage } from './packaged-stack.ts'

const stages: Stage[] = ['dev', 'qa', 'prod']
const stacks = new Map<Stage, Stack>()
let packager: Packager

beforeAll(async () => {
  packager = await preparePackages()
  for (const stage of stages) stacks.set(stage, await packager.package(stage))
})
afterAll(() => packager?.remove())

const definitions = Object.values<EventDefinition>(eventCatalogue)
const consumers = serviceNames.filter(name => definitions.some(({ consumers }) => consumers.includes(name)))
const capital = (name: string) => name[0]!.toUpperCase() + name.slice(1)
interface Statement {
  Action: string | string[]
  Resource: unknown
}
interface Policy {
  PolicyDocument: { Statement: Statement[] }
}
const functionsOf = (stack: Stack, service: ServiceName): [string, Resource][] =>
  ['Http', 'Worker'].map(kind => {
    const name = `${capital(service)}${kind}LambdaFunction`
    return [name, stack.resources('AWS::Lambda::Function').get(name)!]
  })
/** An example of each path of a service's table. */
const exampleOf = (path: string) => path.replace(/:\w+/g, 'x')

describe.each(stages)('%s', stage => {
  test.each(serviceNames)(
    '%s has a pair of functions, with settings that are known and secrets that are references',
    service => {
      for (const [, { Properties }] of functionsOf(stacks.get(stage)!, service)) {
        const given: Record<string, unknown> = Properties.Environment.Variables
        expect(Object.keys(given).filter(name => !(name in settingsSchema))).toEqual([])
        for (const [name, value] of Object.entries(given)) {
          const setting = settingsSchema[name as keyof typeof settingsSchema]
          if (setting.secret && name !== 'BROKER_URL')
            expect(value, name).toMatch(/^\{\{resolve:secretsmanager:[^}]+\}\}$/)
          else if (typeof value === 'string') expect(() => setting.parse(value), name).not.toThrow()
        }
        expect(given).toMatchObject({
          WAYBILL_SERVICES: service,
          [`${service.toUpperCase()}_DATABASE_URL`]: expect.any(String),
        })
        // What another service keeps for itself is not told.
        const others = serviceNames.filter(name => name !== service).map(name => `${name.toUpperCase()}_DATABASE_URL`)
        expect(Object.keys(given)).not.toEqual(
          expect.arrayContaining([expect.toSatisfy(name => others.includes(name))]),
        )
      }
    },
  )

  test('the functions of a service are deployed with its bundle alone', async () => {
    for (const service of serviceNames) {
      const zip = await stacks.get(stage)!.artifact(`${service}Worker`)
      expect(zip.includes(`build/${service}/index.mjs`)).toBe(true)
      expect(zip.includes(`build/${service}/services/${service}/migrations/`)).toBe(true)
      for (const other of serviceNames) expect(zip.includes(`build/${other}/`)).toBe(other === service)
      expect(zip.length).toBeLessThan(10 * 1_048_576)
    }
  })

  test('every worker has a schedule of a minute that ends before the next, and within its time', () => {
    const rules = [...stacks.get(stage)!.resources('AWS::Events::Rule').values()]
    const scheduled = rules.map(({ Properties: { ScheduleExpression, Targets } }) => {
      const milliseconds = readDuration(JSON.parse(Targets[0].Input).work_due_for)!
      expect(milliseconds).toBeLessThan(60_000)
      expect(ScheduleExpression).toBe('rate(1 minute)')
      return Targets[0].Arn['Fn::GetAtt'][0]
    })
    expect(scheduled).toEqual(serviceNames.map(service => `${capital(service)}WorkerLambdaFunction`))
  })

  test('queues are filled by what the events say, and what they give up is taken too', () => {
    const stack = stacks.get(stage)!
    const queues = stack.resources('AWS::SQS::Queue')
    const taken = new Map(
      [...stack.resources('AWS::Lambda::EventSourceMapping').values()].map(({ Properties }) => {
        expect(Properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures'])
        return [Properties.EventSourceArn['Fn::GetAtt'][0], Properties.FunctionName['Fn::GetAtt'][0]]
      }),
    )
    for (const service of consumers) {
      const [name, dead] = [`${capital(service)}Queue`, `${capital(service)}DeadQueue`]
      const worker = `${capital(service)}WorkerLambdaFunction`
      expect([taken.get(name), taken.get(dead)]).toEqual([worker, worker])
      const { QueueName, VisibilityTimeout, RedrivePolicy } = queues.get(name)!.Properties
      expect(QueueName).toBe(`waybill-${stage}-${service}`)
      expect(queues.get(dead)!.Properties.QueueName).toBe(`${QueueName}-dead`)
      expect(RedrivePolicy.deadLetterTargetArn).toEqual({ 'Fn::GetAtt': [dead, 'Arn'] })
      const { Timeout } = stack.resources('AWS::Lambda::Function').get(worker)!.Properties
      expect(VisibilityTimeout).toBeGreaterThanOrEqual(Timeout)
      const subscription = stack.resources('AWS::SNS::Subscription').get(`${capital(service)}Subscription`)!
      expect(subscription.Properties).toMatchObject({
        RawMessageDelivery: true,
        FilterPolicy: { [`to_${service}`]: ['1'] },
        Endpoint: { 'Fn::GetAtt': [name, 'Arn'] },
      })
    }
    expect(queues.size).toBe(2 * consumers.length)
  })

  test('a role may publish, and take from the queues of its own service', () => {
    const stack = stacks.get(stage)!
    for (const service of serviceNames) {
      const role = stack.resources('AWS::IAM::Role').get(`${capital(service)}Role`)!
      for (const [, { Properties }] of functionsOf(stack, service)) {
        expect(Properties.Role).toEqual({ 'Fn::GetAtt': [`${capital(service)}Role`, 'Arn'] })
      }
      const statements = role.Properties.Policies.flatMap(
        (policy: Policy) => policy.PolicyDocument.Statement,
      ) as Statement[]
      const resourcesOf = (service: string) =>
        statements
          .filter(({ Action }) => [Action].flat().some(each => each.startsWith(`${service}:`)))
          .flatMap(({ Resource }) => [Resource].flat())
      expect(resourcesOf('sns')).toEqual([{ Ref: 'EventsTopic' }])
      const own = [`${capital(service)}Queue`, `${capital(service)}DeadQueue`].map(name => ({
        'Fn::GetAtt': [name, 'Arn'],
      }))
      expect(resourcesOf('sqs')).toEqual(consumers.includes(service) ? own : [])
      const actions = statements.flatMap(({ Action }) => Action)
      expect(actions.filter(action => action.includes('*'))).toEqual([])
    }
  })
})

test('every path leads to the service that has it, by its own address too', async () => {
  const host = await startService(await loadServices())
  await host.stop()
  const functions = routesOf(stacks.get('prod')!)
  for (const { path, service } of host.routes) {
    if (service === 'operations') continue
    const expected = `${capital(service)}HttpLambdaFunction`
    expect(functionFor(functions, exampleOf(path)), path).toBe(expected)
    expect(functionFor(functions, `/services/${service}${exampleOf(path)}`), path).toBe(expected)
  }
})

test('every driver of a cloud is loaded with what it needs from its bundle alone', async () => {
  const folder = join(stacks.get('prod')!.folder, 'build/data/services/data/src/clouds/drivers')
  const built = (await readdir(folder)).map(file => basename(file, '.mjs'))
  const sources = await readdir(new URL('../../services/data/src/clouds/drivers/', import.meta.url))
  expect(built).toEqual(sources.map(file => basename(file, '.ts')))
  const load = `for (const name of ${JSON.stringify(built)}) console.log((await import('${folder}/' + name + '.mjs')).driver.create.length)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', load], {
    cwd: folder,
  })
  expect(stdout.trim().split('\n').length).toBe(built.length)
})

test('a thread that exports works from its bundle alone, and saves the state of its checksum', async () => {
  const records = Array.from({ length: 250 }, (_, id) => `{"id":${id}}`)
  const datasets = [{ name: 'lines', records, updatedAt: '2026-01-02T03:04:05.000Z' }]
  const simulator = await startMclassSimulator({ datasetsOf: () => datasets })
  const thread = new Worker(join(stacks.get('prod')!.folder, 'build/data/services/data/src/clouds/export-thread.mjs'), {
    env: {},
  })
  const { port1, port2 } = new MessageChannel()
  const settings = { url: simulator.url, client_id: 'waybill', client_secret: 'mclass-secret' }
  const order: ExportOrder = {
    cloud: { name: 'MCLASS', driver: 'mclass', settings, version: 1 },
    context: { home: '/nowhere', synced: false, patience: usualPatience },
    task: {
      ...{ account: 'somebody', processId: 'one', position: 0, dataset: 'lines', format: 'ndjson' },
      ...{ checkpoint: undefined, saveEveryMilliseconds: 0, saveEveryBytes: 0 },
    },
  }
  const saved: Checkpoint[] = []
  const written: Uint8Array[] = []
  const keeper: ExportKeeper = {
    save: async checkpoint => void saved.push(checkpoint),
    assertHeld: async () => {},
    beginDelivery: async () => {},
    resumeDelivery: async () => {},
    appendToDelivery: async bytes => void written.push(bytes),
  }
  const calls = callOver<ExportRunner, ExportKeeper>(port1, keeper)
  thread.postMessage({ port: port2, order } satisfies Engagement<ExportOrder>, [port2])
  const text = records.map(record => `${record}\n`).join('')
  const sha256 = createHash('sha256').update(text).digest('hex')
  expect(await calls.run()).toEqual({ records: 250, bytes: text.length, sha256 })
  expect(Buffer.concat(written).toString()).toBe(text)
  expect(saved[0]).toMatchObject({ checksum: expect.any(String), converter: { records: expect.any(Number) } })
  port1.close()
  await thread.terminate()
  await simulator.stop()
})

test('a stage that is not there is refused', async () => {
  await expect(packager.package('staging' as Stage)).rejects.toThrow('Cannot resolve variable at "custom.stage"')
})

test('the page names every stage, and settings and codes that are there', async () => {
  const page = await readFile(new URL('../../docs/serverless.md', import.meta.url), 'utf8')
  for (const stage of stages) expect(page).toContain(`stage-${stage}.yml`)
  const named = [...page.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, name]) => name!)
  expect(named.filter(name => !(name in settingsSchema) && !(name in errorCatalogue))).toEqual([])
})
