// Runs deployment/compose.yaml with podman, as it stands: every option that it gives to a container is given, an unknown one is refused.
// Images of engines, which come from registries, are stood in for by this machine's own programs on its own files, read only.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parse } from 'yaml'

const run = promisify(execFile)
export const composeFile = fileURLToPath(new URL('../../deployment/compose.yaml', import.meta.url))
const standIns = fileURLToPath(new URL('stand-ins/', import.meta.url))

export interface ComposeService {
  image: string
  build?: unknown
  command?: string[]
  user?: string
  read_only?: boolean
  tmpfs?: string[]
  cap_drop?: string[]
  security_opt?: string[]
  stop_grace_period?: string
  networks: string[]
  volumes?: string[]
  environment?: Record<string, string>
  ports?: string[]
  hostname?: string
  restart?: string
  logging?: unknown
  healthcheck?: { test?: string[]; disable?: boolean }
  depends_on?: Record<string, { condition: string }>
}

export interface Compose {
  services: Record<string, ComposeService>
  volumes: Record<string, unknown>
}

/** What compose.yaml asks for without a default. Passwords are for one run. */
export function newSecrets(): Record<string, string> {
  const password = () => randomBytes(12).toString('hex')
  return {
    WAYBILL_SECRET_KEY: randomBytes(32).toString('base64'),
    BROKER_PASSWORD: password(),
    MYSQL_ROOT_PASSWORD: password(),
    USER_DATABASE_PASSWORD: password(),
    ORDER_DATABASE_PASSWORD: password(),
    PAYMENT_DATABASE_PASSWORD: password(),
    DATA_DATABASE_PASSWORD: password(),
    OPERATOR_EMAIL: 'ops@example.com',
    OPERATOR_PASSWORD: password(),
  }
}

/** Reads compose.yaml with these variables. Throws where one that has no default is missing, as compose does. */
export async function readCompose(variables: Record<string, string>): Promise<Compose> {
  const text = await readFile(composeFile, 'utf8')
  const compose = parse(text, { merge: true }) as Compose
  return JSON.parse(JSON.stringify(compose), (_, value) =>
    typeof value === 'string' ? interpolate(value, variables) : value,
  )
}

/** https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md: the forms that our file has. */
function interpolate(text: string, variables: Record<string, string>): string {
  return text.replaceAll(/\$\$|\$\{(\w+)(:[-?])?([^}]*)\}/g, (whole, name?: string, form?: string, rest?: string) => {
    if (whole === '$$') return '$'
    const value = variables[name!]
    if (value) return value
    if (form === ':-') return rest!
    throw new Error(`${name} is required: ${rest}`)
  })
}

/** podman would raise the limits of this machine, which a root with few rights may not. */
const limits = ['--ulimit=nofile=4096:4096', '--ulimit=nproc=4096:4096']

/** In memory, for anybody to write; podman alone would begin it with what lies there in the image. */
const emptyFolder = (path: string) => `--mount=type=tmpfs,destination=${path},tmpfs-mode=1777,notmpcopyup`

/** The program in place of an image, with options for podman. */
const engines: Record<string, (service: ComposeService) => { options: string[]; command: string[] }> = {
  mysql: ({ command = [] }) => ({
    options: [emptyFolder('/var/lib/mysql'), emptyFolder('/run/mysqld')],
    command: ['bash', '/stand-ins/mysql.sh', ...command],
  }),
  rabbitmq: () => ({
    options: [emptyFolder('/var/lib/rabbitmq'), emptyFolder('/var/log/rabbitmq'), emptyFolder('/etc/rabbitmq')],
    command: ['bash', '/stand-ins/rabbitmq.sh'],
  }),
  balancer: ({ command = [] }) => ({ options: [], command }),
  prometheus: ({ command = [] }) => ({
    options: [emptyFolder('/prometheus')],
    command: ['prometheus', ...command],
  }),
}

const understood = new Set(
  'image build command user read_only tmpfs cap_drop security_opt stop_grace_period networks volumes environment ports hostname restart logging healthcheck depends_on'.split(
    ' ',
  ),
)

export interface Composition {
  readonly compose: Compose
  /** Runs a command in a service's container; answers what it printed. */
  exec(service: string, ...command: string[]): Promise<string>
  /** Makes the container anew, as `compose up --force-recreate` does. */
  recreate(service: string): Promise<void>
  /** SIGKILL. */
  kill(service: string): Promise<void>
  /** SIGTERM, and SIGKILL after the grace period of compose.yaml. */
  stop(service: string): Promise<{ code: number; milliseconds: number }>
  inspect(service: string): Promise<string>
  logs(service: string): Promise<string>
  down(): Promise<void>
}

/** `docker compose up --wait` of the named project; the tables are made and every service is well when it resolves. */
export async function composeUp(project: string, variables: Record<string, string>): Promise<Composition> {
  const compose = await readCompose(variables)
  const nameOf = (service: string) => `${project}-${service}`
  const started = new Map<string, Promise<void>>()

  async function create(service: string): Promise<void> {
    const description = compose.services[service]!
    const unknown = Object.keys(description).filter(key => !understood.has(key))
    if (unknown.length > 0)
      throw new Error(`${service} has ${unknown}, which the tests do not know how to give to podman`)
    const options = [
      'run',
      '--detach',
      ...limits,
      '--name',
      nameOf(service),
      ...optionsOf(service, description, project),
    ]
    await podman(...options)
  }

  function start(service: string): Promise<void> {
    if (!started.has(service)) started.set(service, startAfterOthers(service))
    return started.get(service)!
  }
  async function startAfterOthers(service: string): Promise<void> {
    for (const [other, { condition }] of Object.entries(compose.services[service]!.depends_on ?? {})) {
      await start(other)
      await reached(other, condition)
    }
    await create(service)
  }

  const awaited = new Map<string, Promise<void>>()
  function reached(service: string, condition: string): Promise<void> {
    if (!awaited.has(service)) {
      awaited.set(service, condition === 'service_healthy' ? untilHealthy(service) : untilDone(service))
    }
    return awaited.get(service)!
  }

  async function untilDone(service: string): Promise<void> {
    const code = (await podman('wait', nameOf(service))).trim()
    if (code !== '0') throw new Error(`${service} ended with ${code}: ${await logs(service)}`)
  }

  /** podman leaves the checks to systemd, which not every machine has: they are run by us. */
  async function untilHealthy(service: string): Promise<void> {
    const [form, ...words] = compose.services[service]!.healthcheck?.test ?? []
    const command = form === 'CMD-SHELL' ? ['sh', '-c', ...words] : words
    const check = command.length > 0 ? ['exec', nameOf(service), ...command] : ['healthcheck', 'run', nameOf(service)]
    const end = Date.now() + 120_000
    for (;;) {
      try {
        await podman(...check)
        return
      } catch (error) {
        const isRunning = (await podman('inspect', '--format={{.State.Running}}', nameOf(service))).trim() === 'true'
        if (!isRunning || Date.now() > end) throw new Error(`${service} is not well: ${await logs(service)}\n${error}`)
      }
      await new Promise(resolve => setTimeout(resolve, 1_000))
    }
  }

  async function logs(service: string): Promise<string> {
    const { stdout, stderr } = await run('podman', ['logs', nameOf(service)])
    return stdout + stderr
  }

  const composition: Composition = {
    compose,
    exec: (service, ...command) => podman('exec', nameOf(service), ...command),
    async recreate(service) {
      await podman('rm', '--force', nameOf(service))
      await create(service)
      await untilHealthy(service)
    },
    async kill(service) {
      await podman('kill', '--signal=KILL', nameOf(service))
    },
    async stop(service) {
      const seconds = Number.parseInt(compose.services[service]!.stop_grace_period ?? '10s', 10)
      const from = performance.now()
      await podman('stop', `--time=${seconds}`, nameOf(service))
      const milliseconds = performance.now() - from
      return { code: Number(await podman('inspect', '--format={{.State.ExitCode}}', nameOf(service))), milliseconds }
    },
    inspect: service => podman('inspect', nameOf(service)),
    logs,
    async down() {
      const names = (await podman('ps', '--all', '--format={{.Names}}', `--filter=network=${project}`))
        .trim()
        .split('\n')
      // At once: they are not asked to finish anything. One that is just ending is no reason to leave the others.
      for (const name of names) if (name) await podman('rm', '--force', '--volumes', '--time=0', name).catch(() => {})
      for (const volume of Object.keys(compose.volumes)) await podman('volume', 'rm', '--force', `${project}-${volume}`)
      await podman('network', 'rm', '--force', project).catch(() => {})
    },
  }
  await podman('network', 'create', project)
  try {
    const names = Object.keys(compose.services)
    await Promise.all(names.map(start))
    const waybill = names.filter(name => compose.services[name]!.environment?.WAYBILL_SERVICES)
    // One after the other: each look is a program that starts, and they are all busy starting.
    for (const name of waybill) await untilHealthy(name)
    return composition
  } catch (error) {
    await composition.down()
    await Promise.allSettled(started.values())
    await composition.down()
    throw error
  }
}

function optionsOf(name: string, service: ComposeService, project: string): string[] {
  const { image, user, hostname, environment = {} } = service
  const options = [`--network=${project}`, `--network-alias=${name}`]
  if (user) options.push(`--user=${user}`)
  if (hostname) options.push(`--hostname=${hostname}`)
  if (service.read_only) options.push('--read-only', '--read-only-tmpfs=false')
  for (const folder of service.tmpfs ?? []) options.push(emptyFolder(folder))
  for (const right of service.cap_drop ?? []) options.push(`--cap-drop=${right}`)
  for (const option of service.security_opt ?? []) options.push(`--security-opt=${option.replace(/:true$/, '')}`)
  for (const port of service.ports ?? []) options.push(`--publish=${port}`)
  for (const [key, value] of Object.entries(environment)) options.push(`--env=${key}=${value}`)
  if (service.healthcheck?.disable) options.push('--no-healthcheck')
  const engine = engines[name]?.(service)
  for (const volume of service.volumes ?? []) {
    const [source, target, mode] = volume.split(':') as [string, string, string?]
    // Their data is not to be kept, and a volume would begin with what lies there on this machine.
    if (engine && !source.startsWith('.')) continue
    const from = source.startsWith('.') ? resolve(dirname(composeFile), source) : `${project}-${source}`
    options.push(`--volume=${from}:${target}${mode ? `:${mode}` : ''}`)
  }
  if (!engine) return [...options, image, ...(service.command ?? [])]
  options.push(`--volume=${standIns}:/stand-ins:ro`, ...engine.options)
  return [...options, '--rootfs', '/:O', ...engine.command]
}

/** Undefined where this machine runs a container, in a network and on its own files; else what stands in the way. */
export async function whyNoContainers(): Promise<string | undefined> {
  try {
    await podman('run', '--rm', ...limits, '--rootfs', '/:O', 'true')
    return undefined
  } catch (error) {
    return (error as Error).message.trim()
  }
}

/** podman's answer; throws with all that it said. runc, for crun knows no machine that has both kinds of control groups. */
export async function podman(...options: string[]): Promise<string> {
  try {
    return (await run('podman', ['--runtime=runc', ...options], { maxBuffer: 64 * 1024 * 1024 })).stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`podman ${options[0]} failed: ${stderr}${stdout}`, { cause: error })
  }
}
