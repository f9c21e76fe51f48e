// What `osls package` makes of deployment/serverless, in a folder far from this checkout's node_modules, with nobody to ask on the network.
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { serviceNames } from '@waybill/contracts'
import { bundleService } from '../../scripts/bundle-lambda.ts'

export type Stage = 'dev' | 'qa' | 'prod'

/** An intrinsic function of CloudFormation, or what it works on. */
export type Value = string | number | boolean | Value[] | { [name: string]: Value }

export interface Resource {
  // biome-ignore lint/suspicious/noExplicitAny: each type of resource has a form of its own, known to AWS
  readonly Properties: Record<string, any>
  readonly Type: string
}

export interface Stack {
  /** Where the functions' code lies, as Lambda unpacks it. */
  readonly folder: string
  /** The bundle of each service, bytes. */
  readonly sizes: Map<string, number>
  /** Of one type, by their names. */
  resources(type: string): Map<string, Resource>
  /** The file that a function is deployed as. */
  artifact(functionName: string): Promise<Buffer>
  remove(): Promise<void>
}

const source = fileURLToPath(new URL('../../deployment/serverless/', import.meta.url))
const osls = fileURLToPath(new URL('../../node_modules/osls/bin/serverless.js', import.meta.url))

export interface Packager {
  package(stage: Stage): Promise<Stack>
  remove(): Promise<void>
}

/** Bundles all services, once for any number of stages. */
export async function preparePackages(): Promise<Packager> {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-lambda-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  const files = (await readdir(source)).filter(file => file.endsWith('.yml'))
  for (const file of files) await cp(join(source, file), join(folder, file))
  const sizes = new Map<string, number>()
  for (const service of serviceNames) sizes.set(service, await bundleService(service, join(folder, 'build')))
  return {
    remove,
    async package(stage) {
      const out = join(folder, `.package-${stage}`)
      await run(['package', '--stage', stage, '--package', out], folder)
      const file = join(out, 'cloudformation-template-update-stack.json')
      const template = JSON.parse(await readFile(file, 'utf8')) as { Resources: Record<string, Resource> }
      return {
        ...{ folder, sizes, remove },
        resources: type => new Map(Object.entries(template.Resources).filter(([, { Type }]) => Type === type)),
        artifact: name => readFile(join(out, `${name}.zip`)),
      }
    },
  }
}

/** No credentials, no settings of the person who runs it, and a proxy that answers nobody. */
async function run(options: string[], cwd: string): Promise<void> {
  const nobody = 'http://127.0.0.1:9'
  const packaging = promisify(execFile)(process.execPath, [osls, ...options], {
    cwd,
    timeout: 60_000,
    env: {
      PATH: process.env.PATH,
      HOME: cwd,
      HTTP_PROXY: nobody,
      HTTPS_PROXY: nobody,
      AWS_EC2_METADATA_DISABLED: 'true',
      SLS_TELEMETRY_DISABLED: '1',
      SLS_NOTIFICATIONS_MODE: 'off',
    },
  })
  await packaging.catch(({ stdout, stderr }: { stdout: string; stderr: string }) => {
    throw new Error(`osls ${options.join(' ')}: ${stdout}${stderr}`)
  })
}
