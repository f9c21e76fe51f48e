// One run of the chaos suite: an installation, its trade, what goes wrong with both, and the verdict.
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type CallbackReceiver, startCallbackReceiver } from './callback-receiver.ts'
import { createClusterInstallation } from './cluster-installation.ts'
import { type Code, codeOfCommit, frozenCode, knowsEngines, nextCode } from './code.ts'
import { createEmbeddedInstallation } from './embedded-installation.ts'
import { Faults } from './faults.ts'
import type { Installation } from './installation.ts'
import { Journal, type Violation } from './journal.ts'
import type { Options } from './options.ts'
import { type Act, describe, type FaultKind, planActs } from './plan.ts'
import { Recoveries } from './recovery.ts'
import { layOutLargeDataset, makeReferenceFiles } from './reference-files.ts'
import { positions } from './saga-positions.ts'
import { Shop } from './shop.ts'
import { judge, type Outcome } from './verdict.ts'
import { Watch } from './watch.ts'

export interface Result {
  outcome: Outcome
  violations: Violation[]
  /** How often each step was cut short, by its name; 0 for those that were not. */
  coverage: Map<string, number>
  /** Milliseconds from the start of what was killed until everything moved. */
  recoveries: number[]
  /** Kinds of faults that cannot be had on this machine, and why. */
  leftOut: Map<FaultKind, string>
}

/** Milliseconds of trade before the first fault. */
const quietAtFirst = 1_000
const clockLibraries = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1',
]

/** `folder` is the run's own; it holds the journal, the logs of all processes and their files. `stopped` ends it early, in good order. */
export async function runChaos(
  options: Options,
  { folder, print, stopped }: { folder: string; print?: (line: string) => void; stopped: AbortSignal },
): Promise<Result> {
  mkdirSync(folder, { recursive: true })
  const journal = new Journal(join(folder, 'journal.log'), print)
  const leftOut = new Map<FaultKind, string>()
  const codes = layOutCodes(options, folder, leftOut)
  const clockLibrary = clockLibraries.find(existsSync)
  if (options.faults.includes('clock') && !clockLibrary)
    leftOut.set('clock', 'libfaketime is not installed (Debian: faketime)')
  const installation = await createInstallation(options, {
    ...{ folder, code: codes.this, wantsDisk: options.faults.includes('disk') },
    clockLibrary: options.faults.includes('clock') ? clockLibrary : undefined,
  })
  const callbacks = await startCallbackReceiver()
  try {
    if (options.faults.includes('disk') && !installation.disk) {
      leftOut.set('disk', 'a small disk cannot be mounted: that takes root on Linux')
    }
    for (const [kind, why] of leftOut) journal.say(`LEFT OUT ${kind}: ${why}`)
    const tried = { ...options, faults: options.faults.filter(kind => !leftOut.has(kind)) }
    const tries = tradeAndBreak(tried, { installation, callbacks, journal, codes })
    return { ...(await Promise.race([tries, rejectedWhen(stopped)])), leftOut }
  } finally {
    await callbacks.stop()
    for (const process of installation.processes) await process.kill()
    await installation.stop()
    // What was laid out takes more room than all the logs together.
    for (const code of ['this', 'next', 'previous']) rmSync(join(folder, code), { recursive: true, force: true })
  }
}

interface Stage {
  installation: Installation
  callbacks: CallbackReceiver
  journal: Journal
  codes: Codes
}

async function tradeAndBreak(
  options: Options,
  { installation, callbacks, journal, codes }: Stage,
): Promise<Omit<Result, 'leftOut'>> {
  const { seed } = options
  const acts = planActs({
    ...{ seed, seconds: options.seconds, kinds: options.faults, everyStep: options.everyStep },
    instances: installation.processes.map(({ name }) => name),
    previous: codes.previous !== undefined,
  })
  announce(journal, options, acts)
  for (const process of installation.processes) {
    process.onUnexpectedEnd = how => journal.violation('a process ended', how)
  }
  await installation.start()
  const shop = new Shop(installation.url, { seed, journal, callbacks })
  await shop.open()
  await layOutLargeDataset(installation.cloudFolder)
  const references = await makeReferenceFiles(shop)
  const { books } = installation
  const recoveries = new Recoveries({ books, shop, journal, movingWithin: options.movingWithin })
  const coverage = new Map(positions.map(({ name }) => [name, 0]))
  const watch = new Watch(shop, journal)
  const faults = new Faults({ seed, installation, shop, recoveries, journal, codes, coverage })

  shop.startTrade(options.ordersPerSecond)
  watch.start()
  await pause(quietAtFirst)
  for (const [at, act] of acts.entries()) {
    for (const fault of act.faults) journal.say(`${at + 1}/${acts.length} ${describe(fault)}`)
    await Promise.all(act.faults.map(fault => faults.happen(fault, act.faults.length === 1)))
    await pause(act.pause * 1_000)
  }
  await shop.stopTrade()
  journal.say('all is healed; waiting for every order to come to its end')
  await shop.close()
  await watch.stop()
  const outcome = await judge({ installation, shop, callbacks, references, journal })
  return { outcome, violations: journal.violations, coverage, recoveries: recoveries.milliseconds }
}

function rejectedWhen(stopped: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    stopped.addEventListener('abort', () => reject(new Error('stopped')), { once: true })
  })
}

interface Codes {
  this: Code
  next?: Code
  previous?: Code
}

function layOutCodes(
  { faults, code, previous, topology }: Options,
  folder: string,
  leftOut: Map<FaultKind, string>,
): Codes {
  // A copy, so that nobody changes what runs while it runs.
  const ours = code === undefined ? frozenCode(join(folder, 'this')) : codeOfCommit(code, join(folder, 'this'))
  if (topology === 'cluster' && !knowsEngines(ours)) throw new Error(`${ours.name} knows no MySQL and no RabbitMQ`)
  if (!faults.includes('version')) return { this: ours }
  const next = nextCode(ours, join(folder, 'next'))
  if (previous === undefined) return { this: ours, next }
  const before = codeOfCommit(previous, join(folder, 'previous'))
  if (topology === 'cluster' && !knowsEngines(before)) {
    leftOut.set('version', `${previous} knows no MySQL and no RabbitMQ and cannot run beside this version`)
    return { this: ours }
  }
  return { this: ours, next, previous: before }
}

function createInstallation(
  { topology }: Options,
  options: Parameters<typeof createEmbeddedInstallation>[0],
): Promise<Installation> {
  return topology === 'cluster' ? createClusterInstallation(options) : createEmbeddedInstallation(options)
}

function announce(journal: Journal, { seed, topology, faults }: Options, acts: Act[]): void {
  journal.say(`seed ${seed}, ${topology}, faults ${faults.join(',')}; the plan:`)
  for (const [at, { faults }] of acts.entries()) journal.say(`  ${at + 1}. ${faults.map(describe).join(' AND ')}`)
}
