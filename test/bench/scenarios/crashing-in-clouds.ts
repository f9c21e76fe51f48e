// What kill -9 in the middle of a large export in a cloud costs: what is read again, what is stored again, and that nothing is lost.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Account } from '../account.ts'
import { makeLargeNdjson } from '../datasets.ts'
import { type CountingGate, type Passed, startCountingGate } from '../engines/counting-gate.ts'
import { type CloudName, cloudNames, startEmulator } from '../engines/emulator.ts'
import type { Figure } from '../figures.ts'
import { runToEnd } from '../finished-process.ts'
import type { CopiedObject } from '../floor/copy-object.ts'
import { goals } from '../goals.ts'
import type { Bench, ScenarioResult } from '../scenario.ts'

const filler = fileURLToPath(new URL('../floor/fill-store.ts', import.meta.url))
const copier = fileURLToPath(new URL('../floor/copy-object.ts', import.meta.url))
const megabyte = 1e6
const mebibyte = 2 ** 20
const lookEveryMilliseconds = 2
const giveUpMilliseconds = 300_000

/** What names a part of an upload; undefined for a request that carries none. */
const partOf: Record<CloudName, (passed: Passed) => string | undefined> = {
  AWS: ({ name }) => /^PUT .*[?&]partNumber=(\d+)/.exec(name)?.[1],
  AZURE: ({ name }) => /^PUT .*[?&]blockid=([^&]+)/.exec(name)?.[1],
  GOOGLE: ({ name, headers }) =>
    /^PUT .*[?&]upload_id=/.test(name) ? /^bytes (\d+)-/.exec(headers['content-range'] ?? '')?.[1] : undefined,
}

export async function measureCrashingInClouds(bench: Bench): Promise<ScenarioResult> {
  const figures: Figure[] = []
  for (const cloud of cloudNames) figures.push(...(await crashIn(bench, cloud)))
  return {
    title: 'Kill -9 in the middle of an export in a cloud, then a restart',
    figures,
    notes: [
      'NDJSON passed through. All of our processes are killed at once when half of the source has been read, and started again. A gate of ours between them and the emulator counts the bytes of bodies, of requests that were cut off too.',
      'Read again: the bytes of the source that were answered, less its size; stored again: those of parts that were sent, less what was delivered. Parts put again: those with the number, the block id or (Google) the first byte of an earlier one.',
      'The SHA-256 of the source, of the manifest and of what lies in the bucket is the same, else there were no figures.',
    ],
  }
}

async function crashIn({ topology, effort, folder }: Bench, cloud: CloudName): Promise<Figure[]> {
  const bytes = cloud === 'AWS' ? effort.awsBytes : effort.otherCloudBytes
  const home = join(folder, cloud)
  mkdirSync(home)
  const [before, emulator] = await Promise.all([topology.start(home), startEmulator(cloud, join(home, 'emulator'))])
  const { origin, pathname } = new URL(emulator.settings.endpoint as string)
  const gate = await startCountingGate(origin)
  const endpoint = `${gate.url}${pathname === '/' ? '' : pathname}`
  const operator = await Account.openOperator(before)
  await operator.call('PATCH', `/clouds/${cloud}`, { settings: { ...emulator.settings, endpoint }, enabled: true })
  const account = await Account.open(before)
  await account.registerWith(cloud)
  const source = join(home, 'large.ndjson')
  const sha256 = makeLargeNdjson(source, bytes)
  const key = `${account.id}/large.ndjson`
  await runToEnd(process.execPath, [filler, cloud, emulator.settingsFile, source, key])
  rmSync(source)

  const { process: placed } = await account.place('large')
  const traffic = new Traffic(gate, cloud, 'large.ndjson')
  await until(() => traffic.read >= bytes / 2)
  await before.kill()
  const written = traffic.stored
  const partsBefore = gate.passed.length

  const system = await topology.start(home)
  const again = account.at(system)
  await again.untilDelivered(placed.process_id)
  const [file] = (await again.manifest(placed.process_id)).files
  const delivered = `${account.id}/.waybill/${placed.process_id}/large.ndjson`
  const options = [copier, cloud, emulator.settingsFile, delivered, `${account.id}/copy.ndjson`, 'sum']
  const copied = JSON.parse(await runToEnd(process.execPath, options)) as CopiedObject
  if (file?.sha256 !== sha256 || copied.sha256 !== sha256)
    throw new Error(`${cloud}: what was delivered after the crash is not what was ordered`)
  const movedAt = gate.passed.slice(partsBefore).find(passed => partOf[cloud](passed) !== undefined)!.at
  await Promise.all([system.stop(), emulator.stop(), gate.stop()])
  await topology.remove(home)

  const storedAgain = traffic.stored - file.bytes
  const inMebibytes = (name: string, value: number): Figure => ({ name, unit: 'MiB', ours: [value / mebibyte] })
  return [
    inMebibytes(`${cloud}, ${Math.round(bytes / megabyte)} MB: stored before kill -9`, written),
    inMebibytes(`${cloud}: read again after it`, traffic.read - file.bytes),
    inMebibytes(`${cloud}: stored again after it`, storedAgain),
    {
      ...{ name: `${cloud}: stored again, of what was stored`, unit: 'share', ours: [storedAgain / written] },
      goal: goals.shareWrittenAgain,
    },
    { name: `${cloud}: parts put`, unit: 'count', ours: [traffic.parts.length] },
    {
      ...{ name: `${cloud}: parts put again`, unit: 'count' },
      ours: [traffic.parts.length - new Set(traffic.parts).size],
    },
    {
      ...{ name: `${cloud}: stores again after ready`, unit: 's' },
      ours: [Math.max(movedAt - system.readyAt, 0) / 1_000],
      goal: goals.recoverySeconds,
    },
  ]
}

/** What has gone through the gate. */
class Traffic {
  readonly #gate: CountingGate
  readonly #partOf: (passed: Passed) => string | undefined
  readonly #source: RegExp

  constructor(gate: CountingGate, cloud: CloudName, source: string) {
    this.#gate = gate
    this.#partOf = partOf[cloud]
    // A delivery has the same name, in a folder of its own.
    this.#source = new RegExp(`^GET (?!.*\\.waybill).*${source}`)
  }

  /** Bytes of the source. */
  get read(): number {
    const answers = this.#gate.passed.filter(({ name }) => this.#source.test(name))
    return answers.reduce((sum, { answered }) => sum + answered, 0)
  }

  get parts(): string[] {
    return this.#gate.passed.map(this.#partOf).filter(part => part !== undefined)
  }

  /** Bytes of parts. */
  get stored(): number {
    const parts = this.#gate.passed.filter(passed => this.#partOf(passed) !== undefined)
    return parts.reduce((sum, { sent }) => sum + sent, 0)
  }
}

async function until(isSo: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + giveUpMilliseconds
  while (!isSo()) {
    if (performance.now() > giveUpAt) throw new Error('the export did not come to its middle')
    await pause(lookEveryMilliseconds)
  }
}
