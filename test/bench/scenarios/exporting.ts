// Large exports on LOCAL: how fast, in how much memory, at what cost to others, and what a crash in the middle costs.
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Account } from '../account.ts'
import { CallsBeside, type TailLatencies } from '../calls-beside.ts'
import { sumOf } from '../costs.ts'
import { makeAirports, makeLargeCsv, makeLargeNdjson, tinyRecords } from '../datasets.ts'
import { median, withoutGoal } from '../figures.ts'
import { runToEnd } from '../finished-process.ts'
import type { ConvertedFile } from '../floor/convert-file.ts'
import { goals } from '../goals.ts'
import { interleave } from '../rounds.ts'
import type { RunningSystem } from '../running-system.ts'
import type { Bench, ScenarioResult } from '../scenario.ts'
import type { Topology } from '../topologies/topology.ts'

const megabyte = 1e6
const mebibyte = 2 ** 20
const converter = fileURLToPath(new URL('../floor/convert-file.ts', import.meta.url))

export async function measureExporting(bench: Bench): Promise<ScenarioResult> {
  const { topology, effort, folder } = bench
  const home = join(folder, 'waybill')
  mkdirSync(home)
  let system = await topology.start(home)
  const account = await Account.open(system)
  const sources = {
    ndjson: join(account.folder, 'large.ndjson'),
    csv: join(account.folder, 'wide.csv'),
    back: join(account.folder, 'back.ndjson'),
  }
  const sha256 = makeLargeNdjson(sources.ndjson, effort.passThroughBytes)
  makeLargeCsv(sources.csv, effort.convertedBytes)
  makeLargeNdjson(sources.back, effort.convertedBytes)
  await makeAirports(join(account.folder, 'tiny.csv'), tinyRecords)
  const tiny = await account.place('tiny')
  await account.untilAllDelivered()
  await settleDisk(folder)
  const calls = new CallsBeside(bench.generator, effort, account, tiny)

  const exportOnce = async (dataset: string, source: string, format = 'ndjson') => {
    const spent = system.meter()
    const startedAt = performance.now()
    const { process } = await account.place(dataset, format)
    await account.untilDelivered(process.process_id)
    const seconds = (performance.now() - startedAt) / 1_000
    const cpuSeconds = sumOf(spent()) / 1_000
    const [file] = (await account.manifest(process.process_id)).files
    if (dataset === 'large' && file?.sha256 !== sha256) throw new Error(`${dataset} did not arrive as it was`)
    const megabytes = statSync(source).size / megabyte
    const { process_id } = process
    return { process_id, perSecond: megabytes / seconds, perCpuSecond: megabytes / cpuSeconds, records: file!.records }
  }
  const remove = async (done: { process_id: string }[]) => {
    for (const { process_id } of done) await account.removeDelivery(process_id)
    await settleDisk(folder)
  }
  const exportAlone = async (dataset: string, source: string) => {
    const exported = await exportOnce(dataset, source)
    await remove([exported])
    return exported
  }
  const exportBeside = async (dataset: string, source: string, format?: string) => {
    const { done, tails } = await calls.beside(() => exportOnce(dataset, source, format))
    await remove(done)
    return { perSecond: median(done.map(({ perSecond }) => perSecond)), tails, records: done[0]!.records }
  }

  /** Beside work that is not ours. */
  const beside = async (work: () => Promise<unknown>) => {
    const { tails } = await calls.beside(work)
    await settleDisk(folder)
    return tails
  }

  // A round that does not count makes code warm. Until then compilers work beside the calls, and take a processor where there are two.
  await calls.idle()
  await exportBeside('large', sources.ndjson)
  await exportBeside('wide', sources.csv)
  await exportBeside('back', sources.back, 'csv')
  const rounds = await interleave(
    effort.longRounds,
    {
      idle: () => calls.idle(),
      passed: () => exportBeside('large', sources.ndjson),
      copied: () => copyBySystem(sources.ndjson, join(folder, 'copy'), false),
      synced: () => copyBySystem(sources.ndjson, join(folder, 'copy'), true),
      copiedBeside: () => beside(() => copyBySystem(sources.ndjson, join(folder, 'copy'), true)),
      converted: () => exportAlone('wide', sources.csv),
      convertedBeside: () => exportBeside('wide', sources.csv),
      plainly: () => convertPlainly(sources.csv, join(folder, 'converted')),
      plainlyBeside: () => beside(() => convertPlainly(sources.csv, join(folder, 'converted'))),
      back: () => exportBeside('back', sources.back, 'csv'),
    },
    { warmUp: false },
  )
  const peak = system.peakResidentMebibytes
  const ofFiles = system.residentFileMebibytes

  const crashes: Crash[] = []
  for (let round = 0; round < effort.longRounds; round++) {
    const crash = await crashInTheMiddle(system, account.at(system), {
      topology,
      home,
      sha256,
      bytes: statSync(sources.ndjson).size,
    })
    system = crash.system
    crashes.push(crash)
    await settleDisk(folder)
  }
  await system.stop()
  await topology.remove(home)

  const tails = (samples: { tails: TailLatencies }[]) => samples.map(sample => sample.tails)
  const perSecond = (samples: { perSecond: number }[]) => samples.map(sample => sample.perSecond)
  const perCpuSecond = (samples: { perCpuSecond: number }[]) => samples.map(sample => sample.perCpuSecond)
  const ours = perSecond(rounds.passed)
  const large = `${Math.round(effort.passThroughBytes / megabyte)} MB`
  const wide = `${Math.round(effort.convertedBytes / megabyte)} MB`
  return {
    title: 'Exports on LOCAL',
    figures: [
      {
        name: `NDJSON passed through, ${large}`,
        unit: 'MB/s',
        ours,
        floor: { name: 'cp', samples: perSecond(rounds.copied) },
        goal: goals.passThroughBesideCp,
      },
      {
        name: `NDJSON passed through, ${large}`,
        unit: 'MB/s',
        ours,
        floor: { name: 'cp, sync', samples: perSecond(rounds.synced) },
      },
      {
        name: `CSV to NDJSON, ${wide}`,
        unit: 'MB/s',
        ours: perSecond(rounds.converted),
        floor: { name: 'plain', samples: perSecond(rounds.plainly) },
      },
      {
        name: 'CSV to NDJSON, a second of CPU',
        unit: 'MB/s',
        ours: perCpuSecond(rounds.converted),
        floor: { name: 'plain', samples: perCpuSecond(rounds.plainly) },
        goal: goals.csvMegabytesPerCpuSecond,
      },
      { name: `NDJSON to CSV, ${wide}`, unit: 'MB/s', ours: perSecond(rounds.back) },
      { name: 'most memory while exporting', unit: 'MiB', ours: [peak], goal: goals.exportMemoryMebibytes },
      { name: 'of it pages of files', unit: 'MiB', ours: [ofFiles] },
      ...calls.figures('NDJSON', tails(rounds.passed), rounds.idle),
      ...calls.figures('CSV', tails(rounds.convertedBeside), rounds.idle),
      ...calls.figures('NDJSON to CSV', tails(rounds.back), rounds.idle),
      ...calls.figures('cp, sync', rounds.copiedBeside, rounds.idle).map(withoutGoal),
      ...calls.figures('the plain conversion', rounds.plainlyBeside, rounds.idle).map(withoutGoal),
      { name: 'written before kill -9', unit: 'MiB', ours: crashes.map(crash => crash.writtenBytes / mebibyte) },
      { name: 'written again after it', unit: 'MiB', ours: crashes.map(crash => crash.againBytes / mebibyte) },
      {
        name: 'written again, of what was written',
        unit: 'share',
        ours: crashes.map(crash => crash.againBytes / crash.writtenBytes),
        goal: goals.shareWrittenAgain,
      },
      {
        name: 'moved again after ready',
        unit: 's',
        ours: crashes.map(crash => crash.movedAfterReady),
        goal: goals.recoverySeconds,
      },
      { name: 'moved again after start', unit: 's', ours: crashes.map(crash => crash.movedAfterStart) },
    ],
    notes: [
      `The large NDJSON has ${rounds.passed[0]!.records} records; NDJSON to CSV is read twice, for its columns first.`,
      'From the POST to its final answer (long poll), payment and all; every byte is counted, summed up (SHA-256, compared with the source here) and on the disk before it is delivered. Sources are in the page cache; cp writes into it, "cp, sync" waits for the disk too.',
      'Plain: node:readline to JSON.stringify to a write stream, in a process of its own.',
      calls.note,
      'Beside cp and beside the plain conversion: the same calls while another process works and we do nothing, which is what this machine makes of it.',
      'Pages of files: most are those of the program node. All its processes share them, Linux takes them back where memory is short, and how many there are depends on how the file lies in the page cache.',
      'CSV to NDJSON is done once more without them, for its pace and its CPU; the other paces are those beside the calls.',
      'Written again: how much shorter the file was after the restart than at the kill; moved again: when it began to grow.',
    ],
  }
}

/** What was written before must not be paid for by what is measured next. */
async function settleDisk(folder: string): Promise<void> {
  await runToEnd('sync', ['--file-system', folder])
}

async function copyBySystem(source: string, target: string, synced: boolean): Promise<{ perSecond: number }> {
  const startedAt = performance.now()
  await runToEnd('cp', ['--reflink=never', source, target])
  if (synced) await runToEnd('sync', ['--data', target])
  const seconds = (performance.now() - startedAt) / 1_000
  const megabytes = statSync(target).size / megabyte
  rmSync(target)
  return { perSecond: megabytes / seconds }
}

async function convertPlainly(source: string, target: string): Promise<{ perSecond: number; perCpuSecond: number }> {
  const { seconds, cpuSeconds } = JSON.parse(
    await runToEnd(process.execPath, [converter, source, target]),
  ) as ConvertedFile
  rmSync(target)
  const megabytes = statSync(source).size / megabyte
  return { perSecond: megabytes / seconds, perCpuSecond: megabytes / cpuSeconds }
}

interface Crash {
  system: RunningSystem
  writtenBytes: number
  againBytes: number
  movedAfterReady: number
  movedAfterStart: number
}

const lookEveryMilliseconds = 2
const giveUpMilliseconds = 120_000

async function crashInTheMiddle(
  before: RunningSystem,
  account: Account,
  { topology, home, sha256, bytes }: { topology: Topology; home: string; sha256: string; bytes: number },
): Promise<Crash> {
  const { process } = await account.place('large')
  const id = process.process_id
  while ((await account.deliveredBytes(id)) < bytes / 2) await pause(lookEveryMilliseconds)
  await before.kill()
  const writtenBytes = await account.deliveredBytes(id)

  const starting = topology.start(home)
  const { lowest, movedAt } = await untilItGrows(() => account.deliveredBytes(id), writtenBytes)
  const system = await starting
  const again = account.at(system)
  await again.untilDelivered(id)
  const [file] = (await again.manifest(id)).files
  if (file?.sha256 !== sha256) throw new Error('what was delivered after the crash is not what was ordered')
  await again.removeDelivery(id)
  return {
    system,
    writtenBytes,
    againBytes: writtenBytes - lowest,
    movedAfterReady: Math.max(movedAt - system.readyAt, 0) / 1_000,
    movedAfterStart: (movedAt - system.startedAt) / 1_000,
  }
}

/** A file that goes on first becomes as short as its checkpoint, then grows. */
async function untilItGrows(
  read: () => Promise<number>,
  writtenBytes: number,
): Promise<{ lowest: number; movedAt: number }> {
  const until = performance.now() + giveUpMilliseconds
  let lowest = writtenBytes
  while (performance.now() < until) {
    const size = await read()
    if (size > lowest) return { lowest, movedAt: performance.now() }
    lowest = size
    await pause(lookEveryMilliseconds)
  }
  throw new Error(`the export had not gone on ${giveUpMilliseconds / 1_000} s after its server was started again`)
}
