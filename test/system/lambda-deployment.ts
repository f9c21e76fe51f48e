// Deploys the whole system as Lambda functions only, from the stack that `osls package` made: what AWS would do with it, done here.
import { randomBytes } from 'node:crypto'
import { serviceNames } from '@waybill/contracts'
import { dropTestDatabases, newTestName, startFakeAws } from '@waybill/platform/testing'
import { preparePackages, type Stack } from '../deployment/packaged-stack.ts'
import { password } from './customer.ts'
import { LambdaFunction } from './lambda-function.ts'
import { startGateway } from './lambda-gateway.ts'
import { makeQueues } from './lambda-queues.ts'
import { newHome, serverEnvironment } from './running-server.ts'

export interface LambdaDeployment {
  readonly url: string
  /** The LOCAL cloud lies under it, as on a file system that all functions mount. */
  readonly home: string
  readonly stack: Stack
  /** What the schedules do every minute: each worker looks for due work, here for two seconds. Resolves when all have ended. */
  tick(): Promise<void>
  /** SIGKILL to every container; the next invocations start cold. */
  kill(): Promise<void>
  /** SIGTERM to every container; throws where one does not end with 0. */
  stop(): Promise<void>
  remove(): Promise<void>
}

interface Options {
  env?: Record<string, string>
  makeDatabases(prefix: string): Promise<Record<string, string>>
}

export async function deployOnLambda({ env, makeDatabases }: Options): Promise<LambdaDeployment> {
  const made: (() => Promise<void>)[] = []
  const remove = async () => {
    for (const step of made.splice(0).reverse()) await step()
  }
  try {
    const { home, remove: removeHome } = await newHome()
    made.push(removeHome)
    const packager = await preparePackages()
    made.push(packager.remove)
    const stack = await packager.package('dev')
    const name = newTestName()
    made.push(() => dropTestDatabases(name))
    const databases = await makeDatabases(`${name}_`)
    const aws = await startFakeAws()
    made.push(aws.stop)
    const gateway = await startGateway()
    made.push(gateway.stop)
    const queues = await makeQueues(stack, aws)

    const { BROKER_URL: _, ...whereAwsIs } = aws.settings(name)
    // A file system, ports and a machine that they share, unlike in AWS.
    const here = { ...whereAwsIs, WAYBILL_HOME: home, PORT: '0', LOG_LEVEL: 'warn' }
    const functions = makeFunctions(stack, {
      environment: { ...serverEnvironment(home, env ?? {}), ...here } as Record<string, string>,
      secrets: {
        OPERATOR_PASSWORD: password,
        ...databases,
        WAYBILL_SECRET_KEY: randomBytes(32).toString('base64'),
        ...env,
      },
      topicArn: queues.topicArn,
      url: gateway.url,
    })
    const kill = async () => {
      for (const each of functions.values()) each.kill()
    }
    made.push(kill)
    gateway.route(routesOf(stack), (name, event) => functions.get(name)!.invoke(event))
    queues.poll((name, event) => functions.get(name)!.invoke(event))
    made.push(queues.stop)
    const scheduled = [...stack.resources('AWS::Events::Rule').values()].map(
      ({ Properties: { Targets } }): string => Targets[0].Arn['Fn::GetAtt'][0],
    )
    return {
      ...{ url: gateway.url, home, stack, kill, remove },
      async tick() {
        await Promise.all(scheduled.map(name => functions.get(name)!.invoke({ work_due_for: '2s' })))
      },
      async stop() {
        await queues.stop()
        const codes = await Promise.all([...functions.values()].map(each => each.stop()))
        if (codes.flat().some(code => code !== 0)) throw new Error(`containers ended with ${codes.flat().join(', ')}`)
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}

interface Facts {
  /** Goes before what the stack says. */
  environment: Record<string, string>
  /** By the names of the settings that they are for. */
  secrets: Record<string, string>
  topicArn: string
  url: string
}

function makeFunctions(stack: Stack, { environment, secrets, topicArn, url }: Facts): Map<string, LambdaFunction> {
  const textOf = (setting: string, value: unknown): string => {
    if (typeof value === 'string')
      return value.startsWith('{{resolve:secretsmanager:') ? (secrets[setting] ?? '') : value
    const { Ref, 'Fn::Sub': template } = value as { Ref?: string; 'Fn::Sub'?: string }
    if (Ref === 'EventsTopic') return topicArn
    return template!.replace(/^https:\/\/\$\{HttpApi\}[^/]*/, url)
  }
  const functions = [...stack.resources('AWS::Lambda::Function')].map(
    ([name, { Properties }]): [string, LambdaFunction] => {
      const given = Object.entries<unknown>(Properties.Environment.Variables).map(
        ([setting, value]): [string, string] => [setting, textOf(setting, value)],
      )
      const options = { name, handler: Properties.Handler, folder: stack.folder, seconds: Properties.Timeout }
      return [name, new LambdaFunction({ ...options, environment: { ...Object.fromEntries(given), ...environment } })]
    },
  )
  if (functions.length !== 2 * serviceNames.length) throw new Error('the stack has not a pair for each service')
  return new Map(functions)
}

/** Route keys and the functions that they lead to. */
export function routesOf(stack: Stack): Map<string, string> {
  const integrations = stack.resources('AWS::ApiGatewayV2::Integration')
  return new Map(
    [...stack.resources('AWS::ApiGatewayV2::Route').values()].map(({ Properties: { RouteKey, Target } }) => {
      const [, [, { Ref }]] = Target['Fn::Join']
      const uri = integrations.get(Ref)!.Properties.IntegrationUri
      return [RouteKey, uri['Fn::GetAtt'][0]]
    }),
  )
}
