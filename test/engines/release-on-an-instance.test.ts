// A release is packed, and instances run it as their user data says, from the synthesized template: only Amazon's own programs are stood in for.
import { type ChildProcess, execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type ServiceName, serviceNames } from '@waybill/contracts'
import { call, type FakeAws, freePorts, startFakeAws, until } from '@waybill/platform/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Lock, packagesNeededBy } from '../../deployment/docker/software-list.ts'
import { stageAsItStands, userDataOf } from '../deployment/synthesized-stage.ts'
import { spawnBound } from '../system/bound-process.ts'
import { createEngines } from '../system/deployment.ts'
import { startLoadBalancer } from '../system/load-balancer.ts'
import { operatorSettings, verified } from '../system/verified-deployment.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const run = promisify(execFile)
const stage = 'dev'
const region = 'eu-central-1'

let folder: string
let aws: FakeAws
let engines: Awaited<ReturnType<typeof createEngines>>
let archive: string
/** PORT of every instance: on a machine of its own it would be the same for all of them. */
let port: number
const portOf = (service: ServiceName) => port + 1 + serviceNames.indexOf(service)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-release-'))
  aws = await startFakeAws()
  engines = await createEngines()
  port = (await freePorts(1 + serviceNames.length, { inARow: true }))[0]!
  await run(join(root, 'deployment/aws/pack-release'), ['--with-changes', 'test', folder])
  archive = join(folder, 'waybill-test.tar.gz')
}, 240_000)
afterAll(async () => {
  await engines?.drop()
  await aws?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** A machine that has started for the first time: a folder in which its paths stand, and what it was told. */
class Instance {
  readonly service: ServiceName
  readonly url: string
  readonly #root: string
  #process: ChildProcess | undefined
  #said = ''

  constructor(service: ServiceName) {
    this.service = service
    this.url = `http://127.0.0.1:${portOf(service)}`
    this.#root = join(folder, service)
  }

  path = (path: string) => join(this.#root, path)
  read = (path: string) => readFileSync(this.path(path), 'utf8')
  said = () => this.#said

  /** Runs its user data: unpacks the release. The last command, which sets up, waits for `serve`. */
  async unpack(): Promise<void> {
    for (const place of ['etc/systemd/system', 'etc/logrotate.d', 'opt/aws/amazon-cloudwatch-agent/etc'])
      mkdirSync(this.path(place), { recursive: true })
    this.#standIns()
    const commands = this.#userData().split('\n')
    expect(commands.pop()).toBe(this.path('opt/waybill/deployment/aws/instance/set-up'))
    await this.#bash(commands.join('\n'))
    for (const file of ['set-up', 'waybill.service', 'cloudwatch-agent.json', 'start']) {
      const path = `opt/waybill/deployment/aws/instance/${file}`
      // MariaDB has no certificate of Amazon's here.
      writeFileSync(this.path(path), this.#placed(this.read(path)).replace('?ssl=Amazon%20RDS', ''))
    }
  }

  /** Sets up, which starts the service and waits for it; resolves when CloudFormation was told. */
  async serve(): Promise<void> {
    const giveUp = new AbortController()
    const settingUp = this.#bash(this.path('opt/waybill/deployment/aws/instance/set-up'), giveUp.signal)
    await Promise.race([until(() => existsSync(this.path('enabled')), Boolean, 30), settingUp])
    this.#start()
    const ended = once(this.#process!, 'exit').then(([code]) => Promise.reject(new Error(`it ended with ${code}`)))
    await Promise.race([settingUp, ended]).catch(error => {
      giveUp.abort()
      throw new Error(`${error.message}\n${this.#said}`)
    })
  }

  /** As systemd does: with what the unit says, and what the emulators ask for. */
  #start(): void {
    const unit = this.read('etc/systemd/system/waybill.service')
    const field = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)![1]!
    const env = {
      PATH: this.#programs(),
      HOME: this.path('var/lib/waybill'),
      ...pairs(field('Environment').split(' ')),
      ...pairs(readFileSync(field('EnvironmentFile'), 'utf8').trim().split('\n')),
      ...aws.settings('unused'),
      BROKER_URL: `sns://${region}/waybill-${stage}`,
    }
    this.#process = spawnBound(field('ExecStart'), [], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#process.stdout!, this.#process.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text
      })
  }

  /** As systemd stops it (KillMode=mixed): PM2 alone is told. */
  async stop(): Promise<number | null> {
    if (!this.#process || this.#process.exitCode !== null) return this.#process?.exitCode ?? null
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    return (await ended)[0]
  }

  #programs = () => [this.path('stand-ins'), process.env.PATH].join(delimiter)
  #bash = (script: string, signal?: AbortSignal) =>
    run('bash', ['-c', script], { env: { PATH: this.#programs() }, signal })
  /** Its paths under its folder. */
  #placed = (text: string) => text.replace(/(?<![\w.])\/(opt|etc|var)\/(?=\w)/g, (_, top) => `${this.#root}/${top}/`)

  #userData(): string {
    const text = userDataOf(stageAsItStands(stage), this.service, reference => whatIs(JSON.stringify(reference)))
    // Four machines in one: the ports begin elsewhere.
    return this.#placed(text).replace(/\b800([0-4])\b/g, (_, number) => String(port + Number(number)))
  }

  #standIns(): void {
    const program = (path: string, text: string) => {
      mkdirSync(join(this.path(path), '..'), { recursive: true })
      writeFileSync(this.path(path), `#!/usr/bin/env bash\n${text}\n`, { mode: 0o755 })
    }
    const { username, password, hostname, port, pathname } = new URL(
      engines.settings[`${this.service.toUpperCase()}_DATABASE_URL`]!,
    )
    const secret = { username, password, host: hostname, port, dbname: pathname.slice(1) }
    program(
      'stand-ins/aws',
      `case "$*" in
      *"s3://releases/"*) cat '${archive}' ;;
      *arn:shared*) echo '${Buffer.alloc(32, 7).toString('base64')}' ;;
      *arn:${this.service}*) echo '${JSON.stringify(secret)}' ;;
      *) exit 1 ;;
      esac`,
    )
    program('stand-ins/systemctl', `[[ "$1" != enable ]] || touch '${this.path('enabled')}'`)
    // Nobody is another user here.
    program('stand-ins/id', ':')
    program(
      'stand-ins/install',
      `words=(); while (($#)); do case "$1" in --owner | --group) shift ;; *) words+=("$1") ;; esac; shift; done; /usr/bin/install "\${words[@]}"`,
    )
    program('stand-ins/dnf', ':')
    program('opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl', ':')
    program('opt/aws/bin/cfn-signal', `echo "$@" >>'${this.path('told')}'`)
  }
}

const pairs = (lines: string[]) =>
  Object.fromEntries(lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))

/** What CloudFormation would put in the place of a reference. */
function whatIs(reference: string): string {
  const known: [RegExp, string][] = [
    [/AWS::Region/, region],
    [/AWS::StackName/, `waybill-${stage}-services`],
    [/DNSName/, '127.0.0.1'],
    [/Configuration/, 'settings'],
    [/Releases/, 'releases'],
    [/Events/, `arn:aws:sns:${region}:000000000000:waybill-${stage}-events`],
    [/SharedSecret/, 'arn:shared'],
    [/DatabaseSecret/, `arn:${serviceNames.find(name => reference.includes(name[0]!.toUpperCase() + name.slice(1)))}`],
    [/Logs/, '/waybill/logs'],
  ]
  const found = known.find(([form]) => form.test(reference))
  if (!found) throw new Error(`nobody knows what ${reference} is`)
  return found[1]
}

/** What the foundation has made, and the operator has written. */
async function layTheFoundation(): Promise<void> {
  const body = new URLSearchParams({ Action: 'CreateTopic', Version: '2010-03-31', Name: `waybill-${stage}-events` })
  const made = await fetch(`http://127.0.0.1:${aws.port}/`, { method: 'POST', body })
  expect(made.status, await made.text()).toBe(200)
  const settings = { ...operatorSettings, RATE_LIMIT_PER_MINUTE: 0, SIGN_IN_LIMIT_PER_MINUTE: 0, DATABASE_POOL_SIZE: 4 }
  await aws.putObject('settings', 'settings.json', JSON.stringify({ default: {}, [stage]: settings }))
}

describe('a release', () => {
  let order: Instance
  beforeAll(async () => {
    order = new Instance('order')
    await layTheFoundation()
    await order.unpack()
  })

  test('has every file that the user data and what it starts name', () => {
    const scripts = ['set-up', 'start', 'waybill.service'].map(file => `opt/waybill/deployment/aws/instance/${file}`)
    const named = scripts.flatMap(script => [
      ...order.read(script).matchAll(/(?:opt\/waybill|\$root|\$here)\/([\w./-]+)/g),
    ])
    const paths = named.map(([whole, path]) => (whole.startsWith('$here') ? `deployment/aws/instance/${path}` : path!))
    expect(paths.length).toBeGreaterThan(5)
    const missing = paths.filter(path => !path.includes('.cache') && !existsSync(order.path(`opt/waybill/${path}`)))
    expect(missing).toEqual([])
  })

  test('has what the lock file names for programs and PM2, nothing of development, and nothing that is secret', () => {
    const release = order.path('opt/waybill/')
    // Names that begin with a dot, too, which globs pass over; no links.
    const found = execFileSync('find', [release, '-type', 'f', '-printf', '%m %P\\n'], { encoding: 'utf8' })
    const files = found
      .trim()
      .split('\n')
      .map(line => line.split(/ (.*)/) as [mode: string, path: string])
    const paths = files.map(([, path]) => path)
    const lock: Lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
    const needed = packagesNeededBy(['apps/server', 'apps/cli', 'node_modules/pm2'], lock, path =>
      existsSync(join(root, path)),
    )
    const isPackage = /(^|\/)node_modules\/(@[^/]+\/)?[^/.]+[^/]*$/
    const packages = paths
      .filter(path => path.endsWith('/package.json'))
      .map(path => path.slice(0, -'/package.json'.length))
      .filter(path => isPackage.test(path))
    expect(packages.sort()).toEqual(
      [...needed].filter(path => path.includes('node_modules/') && !lock.packages[path]!.link).sort(),
    )
    const ours = paths.filter(path => !path.includes('node_modules/'))
    // What begins with a dot, too: the mark by which the console counts as built.
    for (const file of ['index.html', '.sources']) expect(ours).toContain(`apps/console/dist/${file}`)
    for (const service of serviceNames)
      expect(ours).toContain(`services/${service}/migrations/${firstMigration(service)}`)
    const elsewhere = /^docs\/|(^|\/)(test|\.git|simulator)\/|^apps\/console\/src|\.test\.ts$/
    expect(ours.filter(path => elsewhere.test(path))).toEqual([])
    expect(paths.filter(path => /(^|\/)(\.npmrc|\.env[^/]*|secret\.key)$/.test(path))).toEqual([])
    expect(ours.filter(path => /_authToken|BEGIN [A-Z ]*PRIVATE KEY/.test(order.read(`opt/waybill/${path}`)))).toEqual(
      [],
    )
    // Whoever runs it cannot change it.
    const writable = files.filter(([mode]) => (Number.parseInt(mode, 8) & 0o022) !== 0)
    expect(writable).toEqual([])
  })

  test.each(process.env.TEST_LONG === 'yes' ? [] : ['order' as const])(
    'serves %s where the load balancer asks, with settings from S3, and asks no registry for anything',
    async () => {
      try {
        await order.serve()
        expect((await call(order.url, 'GET /readyz')).body).toMatchObject({ status: 'ready' })
        expect(order.read('told')).toMatch(/^--success true .*--resource OrderGroup\w* --region eu-central-1\n$/)
        expect(order.said()).not.toMatch(/installs what is missing|the web console could not/)
        // What is said goes to one file, which is rotated; PM2 keeps no other.
        const logs = globSync('**/*.log', { cwd: order.path('var') })
        expect(logs.filter(file => lstatSync(order.path(`var/${file}`)).size > 0)).toEqual([])
      } finally {
        expect(await order.stop(), order.said()).toBe(0)
      }
    },
    120_000,
  )
})

/** Minutes on two processors: eight processes of PM2 that start. */
test.runIf(process.env.TEST_LONG === 'yes')(
  'the whole journey passes over four instances of it',
  async () => {
    await layTheFoundation()
    const instances = serviceNames.map(service => new Instance(service))
    const places = instances.map(({ service }) => [
      service,
      [{ name: `${service}-1`, address: `127.0.0.1:${portOf(service)}` }],
    ])
    const front = await startLoadBalancer(Object.fromEntries(places))
    try {
      for (const instance of instances) {
        if (!existsSync(instance.path('opt'))) await instance.unpack()
        await instance.serve()
        await front.untilUp(`${instance.service}-1`)
      }
      for (const { url } of instances) expect((await call(url, 'GET /readyz')).status).toBe(200)
      expect(await verified(front.url, { callsBack: false })).toMatchObject({ code: 0 })
    } finally {
      for (const instance of instances) await instance.stop()
      await front.stop()
    }
  },
  300_000,
)

const firstMigration = (service: ServiceName) =>
  execFileSync('ls', [join(root, 'services', service, 'migrations')], { encoding: 'utf8' }).split('\n')[0]!
