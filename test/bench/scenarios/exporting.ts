// Large exports on LOCAL: how fast, in how much memory, at what cost to others, and what a crash in the middle costs.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Account } from '../account.ts'
import { sumOf } from '../costs.ts'
import { makeAirports, makeLargeCsv, makeLargeNdjson, tinyRecords } from '../datasets.ts'
import { type Figure, percentile } from '../figures.ts'
import type { ConvertedFile } from '../floor/convert-file.ts'
import { goals } from '../goals.ts'
import { interleave } from '../rounds.ts'
import type { RunningSystem } from '../running-system.ts'
import type { Bench, ScenarioResult } from '../scenario.ts'
import type { Topology } from '../topologies/topology.ts'

const readsPerSecond = 50
const longestReadSeconds = 600
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
  makeLargeCsv(sources.csv, effort.csvBytes)
  makeLargeNdjson(sources.back, effort.csvBytes)
  await makeAirports(join(account.folder, 'tiny.csv'), tinyRecords)
  const { order } = await account.place('tiny')
  await account.untilAllDelivered()
  settleDisk(folder)

  const reads = (seconds: number) => ({
    kind: 'read-steadily' as const,
    target: account.at(system).target('order'),
    paths: [`/order/${order.id}`],
    perSecond: readsPerSecond,
    seconds,
  })
  const exportBeside = async (dataset: string, source: string, format = 'ndjson') => {
    const others = bench.generator.run(reads(longestReadSeconds))
    const spent = system.meter()
    const startedAt = performance.now()
    const { process } = await account.place(dataset, format)
    await account.untilDelivered(process.process_id)
    const seconds = (performance.now() - startedAt) / 1_000
    const cpuSeconds = sumOf(spent()) / 1_000
    bench.generator.finish()
    const { latencies } = await others
    const [file] = (await account.manifest(process.process_id)).files
    if (dataset === 'large' && file?.sha256 !== sha256) throw new Error(`${dataset} did not arrive as it was`)
    await account.removeDelivery(process.process_id)
    settleDisk(folder)
    const megabytes = statSync(source).size / megabyte
    return { perSecond: megabytes / seconds, perCpuSecond: megabytes / cpuSeconds, latencies, records: file!.records }
  }

  const passThrough = await interleave(effort.longRounds, {
    ours: () => exportBeside('large', sources.ndjson),
    copied: async () => copyBySystem(sources.ndjson, join(folder, 'copy'), false),
    synced: async () => copyBySystem(sources.ndjson, join(folder, 'copy'), true),
    idle: () => bench.generator.run(reads(effort.idleReadSeconds)),
  })
  const conversion = await interleave(effort.longRounds, {
    ours: () => exportBeside('wide', sources.csv),
    plainly: async () => convertPlainly(sources.csv, join(folder, 'converted')),
    back: () => exportBeside('back', sources.back, 'csv'),
  })
  const peak = system.peakResidentMebibytes

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
    settleDisk(folder)
  }
  await system.stop()
  await topology.remove(home)

  const idle = passThrough.idle.map(({ latencies }) => percentile(latencies, 99))
  const whileExporting = (samples: { latencies: number[] }[]): Partial<Figure> & Pick<Figure, 'ours'> => ({
    ours: samples.map(({ latencies }) => percentile(latencies, 99)),
    floor: { name: 'idle', samples: idle },
    goal: goals.readsWhileExporting,
  })
  const perSecond = (samples: { perSecond: number }[]) => samples.map(sample => sample.perSecond)
  const perCpuSecond = (samples: { perCpuSecond: number }[]) => samples.map(sample => sample.perCpuSecond)
  const ours = perSecond(passThrough.ours)
  const large = `${Math.round(effort.passThroughBytes / megabyte)} MB`
  const wide = `${Math.round(effort.csvBytes / megabyte)} MB`
  return {
    title: 'Exports on LOCAL',
    figures: [
      {
        name: `NDJSON passed through, ${large}`,
        unit: 'MB/s',
        ours,
        floor: { name: 'cp', samples: perSecond(passThrough.copied) },
        goal: goals.passThroughBesideCp,
      },
      {
        name: `NDJSON passed through, ${large}`,
        unit: 'MB/s',
        ours,
        floor: { name: 'cp, sync', samples: perSecond(passThrough.synced) },
      },
      {
        name: `CSV to NDJSON, ${wide}`,
        unit: 'MB/s',
        ours: perSecond(conversion.ours),
        floor: { name: 'plain', samples: perSecond(conversion.plainly) },
      },
      {
        name: 'CSV to NDJSON, a second of CPU',
        unit: 'MB/s',
        ours: perCpuSecond(conversion.ours),
        floor: { name: 'plain', samples: perCpuSecond(conversion.plainly) },
        goal: goals.csvMegabytesPerCpuSecond,
      },
      { name: `NDJSON to CSV, ${wide}`, unit: 'MB/s', ours: perSecond(conversion.back) },
      { name: 'most memory while exporting', unit: 'MiB', ours: [peak], goal: goals.exportMemoryMebibytes },
      { name: 'GET /order/:id p99 beside NDJSON', unit: 'ms', ...whileExporting(passThrough.ours) },
      { name: 'GET /order/:id p99 beside CSV', unit: 'ms', ...whileExporting(conversion.ours) },
      { name: 'GET /order/:id p99 beside NDJSON to CSV', unit: 'ms', ...whileExporting(conversion.back) },
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
      `The large NDJSON has ${passThrough.ours[0]!.records} records; NDJSON to CSV is read twice, for its columns first.`,
      'From the POST to its final answer (long poll), payment and all; every byte is counted, summed up (SHA-256, compared with the source here) and on the disk before it is delivered. Sources are in the page cache; cp writes into it, "cp, sync" waits for the disk too.',
      'Plain: node:readline to JSON.stringify to a write stream, in a process of its own.',
      `Reads of others: ${readsPerSecond} a second, timed from when they were due; idle is the same without an export.`,
      'Written again: how much shorter the file was after the restart than at the kill; moved again: when it began to grow.',
    ],
  }
}

/** What was written before must not be paid for by what is measured next. */
function settleDisk(folder: string): void {
  run('sync', ['--file-system', folder])
}

function run(command: string, options: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, options, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${options.join(' ')} failed: ${stderr}`)
  return stdout
}

function copyBySystem(source: string, target: string, synced: boolean): { perSecond: number } {
  const startedAt = performance.now()
  run('cp', ['--reflink=never', source, target])
  if (synced) run('sync', ['--data', target])
  const seconds = (performance.now() - startedAt) / 1_000
  const megabytes = statSync(target).size / megabyte
  rmSync(target)
  return { perSecond: megabytes / seconds }
}

function convertPlainly(source: string, target: string): { perSecond: number; perCpuSecond: number } {
  const { seconds, cpuSeconds } = JSON.parse(run(process.execPath, [converter, source, target])) as ConvertedFile
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
