// Large exports where the data lies with a vendor: each beside the SDK's own copy of the same object, at the same emulator.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Account } from '../account.ts'
import { CallsBeside } from '../calls-beside.ts'
import { sumOf } from '../costs.ts'
import { makeAirports, makeLargeCsv, makeLargeNdjson, tinyRecords } from '../datasets.ts'
import { type CloudName, cloudNames, type Emulator, startEmulator } from '../engines/emulator.ts'
import { type Figure, median, withoutGoal } from '../figures.ts'
import { runToEnd } from '../finished-process.ts'
import type { CopiedObject } from '../floor/copy-object.ts'
import { openSdkStore, type SdkStore } from '../floor/sdk-store.ts'
import { goals } from '../goals.ts'
import { interleave } from '../rounds.ts'
import type { RunningSystem } from '../running-system.ts'
import type { Bench, ScenarioResult } from '../scenario.ts'

const filler = fileURLToPath(new URL('../floor/fill-store.ts', import.meta.url))
const copier = fileURLToPath(new URL('../floor/copy-object.ts', import.meta.url))
const warmUpBytes = 40_000_000
const megabyte = 1e6
const gigabyte = 1e9

export async function measureExportingInClouds(bench: Bench): Promise<ScenarioResult> {
  const { effort } = bench
  const results: CloudResult[] = []
  for (const cloud of cloudNames) results.push(await measureCloud(bench, cloud))
  return {
    title: 'Exports in clouds',
    figures: results.flatMap(({ figures }) => figures),
    notes: [
      `The large NDJSON on AWS has ${results[0]!.records} records. The operator has set each cloud up with PATCH /clouds/:name; each has a system and an emulator of its own, just started.`,
      "SDK: GetObject in a stream into UploadPart, 4 parts of 5 MiB at once (as @aws-sdk/lib-storage does); Azure's uploadStream and Google's createWriteStream (8 MiB a chunk) as they are by default; in a process of its own, timed when the SDK is loaded. SDK, SHA-256: the same, which also sums up what it copies. It copies what ours has just delivered, so what arrived is compared with the source.",
      'Ours: from the POST to its final answer (long poll), payment and all; every record is counted, every byte summed up (SHA-256), and what is done is remembered for a crash as it goes on. CPU: all of our processes together; memory: the process that exports, over all rounds, and in the floor column that of the copy. Pages of files: as on LOCAL.',
      `Rounds: ${effort.cloudRounds}. AWS is played by fauxqs, Azure by azurite, Google by a fake of ours: each a process of Node.js beside ours that keeps everything in memory (fauxqs ${((effort.awsBytes * 4) / gigabyte).toFixed(1)} GB of it) and shares the machine's cores with us. So MB/s are no vendor's; where an emulator's share of a core comes near 100 %, it is the emulator that was measured. CPU a GB and memory are not touched by that. Google's copy checks no CRC32C: the fake has none.`,
      results[0]!.callsNote,
      "The emulator plays machines elsewhere: while calls of others are timed it runs at a lower priority (nice 10), so it does not take a core from who answers them. Beside the SDK's copy: the same calls while its process copies and we do nothing.",
    ],
  }
}

interface CloudResult {
  figures: Figure[]
  records: number
  callsNote: string
}

interface Place extends SdkStore {
  emulator: Emulator
  system: RunningSystem
  account: Account
}

async function measureCloud(bench: Bench, cloud: CloudName): Promise<CloudResult> {
  const { topology, effort, folder, generator } = bench
  const isFirst = cloud === 'AWS'
  const bytes = isFirst ? effort.awsBytes : effort.otherCloudBytes
  const home = join(folder, cloud)
  mkdirSync(home)
  const place = await openPlace(bench, cloud, home)
  let { system, account } = place
  const { emulator } = place
  const keyOf = (file: string) => `${account.id}/${file}`
  const fill = async (file: string, make: (path: string) => Promise<unknown>) => {
    const path = join(home, file)
    await make(path)
    await runToEnd(process.execPath, [filler, cloud, emulator.settingsFile, path, keyOf(file)])
    rmSync(path)
  }
  let sha256 = ''
  await fill('tiny.csv', path => makeAirports(path, tinyRecords))
  await fill('large.ndjson', async path => {
    sha256 = makeLargeNdjson(path, bytes)
  })
  if (isFirst) await fill('wide.csv', async path => makeLargeCsv(path, effort.awsCsvBytes))
  await fill('warm.ndjson', async path => makeLargeNdjson(path, warmUpBytes))
  let records = 0
  const exportOne = async (dataset: string, size: number) => {
    const spent = system.meter()
    const emulatorBefore = emulator.cpuMilliseconds
    const startedAt = performance.now()
    const { process } = await account.place(dataset)
    await account.untilDelivered(process.process_id)
    const milliseconds = performance.now() - startedAt
    const sample = {
      perSecond: size / megabyte / (milliseconds / 1_000),
      cpuPerGigabyte: sumOf(spent()) / 1_000 / (size / gigabyte),
      emulatorShare: (emulator.cpuMilliseconds - emulatorBefore) / milliseconds,
    }
    const [file] = (await account.manifest(process.process_id)).files
    return { ...sample, file: file!, key: keyOf(`.waybill/${process.process_id}/${dataset}.ndjson`) }
  }
  let delivered = ''
  const exportLarge = async () => {
    const { key, file, ...sample } = await exportOne('large', bytes)
    if (file.sha256 !== sha256) throw new Error(`${cloud}: the manifest does not have the checksum of the source`)
    delivered = key
    records = file.records
    return sample
  }
  const copy = async (from: string, sum?: 'sum') => {
    const target = keyOf('copy.ndjson')
    const options = [copier, cloud, emulator.settingsFile, from, target, ...(sum ? [sum] : [])]
    const copied = JSON.parse(await runToEnd(process.execPath, options)) as CopiedObject
    await place.remove(target)
    return {
      perSecond: copied.bytes / megabyte / copied.seconds,
      cpuPerGigabyte: copied.cpuSeconds / (copied.bytes / gigabyte),
      mebibytes: copied.mebibytes,
      sha256: copied.sha256,
    }
  }
  const copyDelivered = async () => {
    const copied = await copy(delivered, 'sum')
    if (copied.sha256 !== sha256) throw new Error(`${cloud}: what was delivered is not what was ordered`)
    await place.remove(delivered)
    return copied
  }
  const convertBeside = async () => {
    const { done, tails } = await calls.beside(() => exportOne('wide', effort.awsCsvBytes))
    for (const { key } of done) await place.remove(key)
    return { perSecond: median(done.map(({ perSecond }) => perSecond)), tails }
  }

  // What is used for the first time is compiled and kept: that is no part of an export, and its memory is not either.
  await place.remove((await exportOne('warm', warmUpBytes)).key)
  await system.stop()
  system = await topology.start(home)
  account = account.at(system)
  const tiny = await account.place('tiny')
  await account.untilAllDelivered()
  const calls = new CallsBeside(generator, effort, account, tiny)
  await place.remove((await exportOne('warm', warmUpBytes)).key)
  const rounds = await interleave(
    effort.cloudRounds,
    { ours: exportLarge, summed: copyDelivered, copied: () => copy(keyOf('large.ndjson')) },
    { warmUp: false },
  )
  if (isFirst) {
    emulator.giveWay()
    // With code that is warm, also what is measured beside nothing.
    await calls.idle()
    await convertBeside()
  }
  const conversion = isFirst
    ? await interleave(
        effort.cloudRounds,
        {
          idle: () => calls.idle(),
          ours: convertBeside,
          copied: async () => (await calls.beside(() => copy(keyOf('wide.csv')))).tails,
        },
        { warmUp: false },
      )
    : undefined
  const peak = system.peakResidentMebibytes
  const ofFiles = system.residentFileMebibytes
  await Promise.all([system.stop(), emulator.stop()])
  await topology.remove(home)

  const samples = <S, K extends keyof S>(of: S[], what: K) => of.map(sample => sample[what])
  const words = `${cloud}: NDJSON passed through, ${Math.round(bytes / megabyte)} MB`
  const beside = (name: string, unit: Figure['unit'], what: 'perSecond' | 'cpuPerGigabyte'): Figure[] => [
    { name, unit, ours: samples(rounds.ours, what), floor: { name: 'SDK', samples: samples(rounds.copied, what) } },
    {
      ...{ name, unit, ours: samples(rounds.ours, what) },
      floor: { name: 'SDK, SHA-256', samples: samples(rounds.summed, what) },
    },
  ]
  const [pace, paceWithSum] = beside(words, 'MB/s', 'perSecond') as [Figure, Figure]
  const figures: Figure[] = [
    { ...pace, goal: goals.exportBesideSdkCopy },
    paceWithSum,
    ...beside(`${cloud}: CPU a GB`, 's/GB', 'cpuPerGigabyte'),
    { name: `${cloud}: the emulator's share of a core`, unit: 'share', ours: samples(rounds.ours, 'emulatorShare') },
    ...(conversion
      ? [
          {
            name: `${cloud}: CSV to NDJSON, ${Math.round(effort.awsCsvBytes / megabyte)} MB`,
            unit: 'MB/s' as const,
            ours: samples(conversion.ours, 'perSecond'),
          },
          ...calls.figures(`CSV on ${cloud}`, samples(conversion.ours, 'tails'), conversion.idle),
          ...calls.figures("the SDK's copy of it", conversion.copied, conversion.idle).map(withoutGoal),
        ]
      : []),
    {
      name: `${cloud}: most memory while exporting`,
      unit: 'MiB',
      ours: [peak],
      floor: { name: 'SDK', samples: samples(rounds.copied, 'mebibytes') },
      goal: goals.exportMemoryMebibytes,
    },
    { name: `${cloud}: of it pages of files`, unit: 'MiB', ours: [ofFiles] },
  ]
  return { figures, records, callsNote: calls.note }
}

/** A system and an emulator of this cloud, with a customer who is registered with it. */
async function openPlace({ topology }: Bench, cloud: CloudName, home: string): Promise<Place> {
  const [system, emulator] = await Promise.all([topology.start(home), startEmulator(cloud, join(home, 'emulator'))])
  const operator = await Account.openOperator(system)
  await operator.call('PATCH', `/clouds/${cloud}`, { settings: emulator.settings, enabled: true })
  await operator.call('POST', `/clouds/${cloud}/check`)
  const account = await Account.open(system)
  await account.registerWith(cloud)
  const store = await openSdkStore(cloud, emulator.settings as never)
  return { ...store, emulator, system, account }
}
