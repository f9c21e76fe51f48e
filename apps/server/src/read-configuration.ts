// Reads the configuration: at start with patience, for S3 may be away for a moment; later whenever it is asked for or due.
import { setTimeout as wait } from 'node:timers/promises'
import { readWaybillConfiguration, type WaybillConfiguration } from '@waybill/contracts/settings'
import { ConfigurationUnavailable, type Environment, SettingsError } from '@waybill/platform/config'
import type { Logger } from '@waybill/platform/log'

const pauseMilliseconds = 1_000
const sayEveryMilliseconds = 5_000
/** How long a process that starts waits for its document; whoever started it starts it again after that. */
const patienceMilliseconds = 60_000

/** Throws a SettingsError, or a ConfigurationUnavailable when its patience is over. */
export async function readAtStart(
  environment: Environment,
  log: Logger,
  patience = patienceMilliseconds,
): Promise<WaybillConfiguration> {
  const end = performance.now() + patience
  let sayAt = 0
  for (;;) {
    try {
      return (await readWaybillConfiguration(environment))!
    } catch (error) {
      if (!(error instanceof ConfigurationUnavailable) || performance.now() + pauseMilliseconds > end) throw error
      if (performance.now() >= sayAt) {
        log.warn({ reason: error.message }, 'waiting for the configuration')
        sayAt = performance.now() + sayEveryMilliseconds
      }
    }
    await wait(pauseMilliseconds)
  }
}

export interface FollowedConfiguration {
  stop(): void
}

/** From the first moment on: the signal would end a process that does not expect it. Answers whether it has come since. */
export function expectSignal(environment: Environment): () => boolean {
  let hasCome = false
  if (environment.CONFIG_URI) {
    // Not once: a second one would end it.
    process.on('SIGHUP', () => {
      hasCome = true
    })
  }
  return () => hasCome
}

export interface Follow {
  /** From `expectSignal`. */
  hasBeenAsked: () => boolean
  environment: Environment
  log(): Logger
  /** The one in use. */
  current: WaybillConfiguration
  /** Brings settings into effect and answers which wait for a new start; rejects where that failed and those before stay. */
  apply(next: WaybillConfiguration): Promise<readonly string[]>
}

/** Reads the document again on SIGHUP and, where CONFIG_REFRESH says so, from time to time. Without a document it does nothing. */
export function followConfiguration({ hasBeenAsked, environment, log, current, apply }: Follow): FollowedConfiguration {
  if (!environment.CONFIG_URI) return { stop: () => {} }
  let known = current.version
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  /** One at a time, in their order. */
  let last: Promise<void> = Promise.resolve()

  const readAgain = (reason: 'SIGHUP' | 'CONFIG_REFRESH') => {
    last = last.then(() => (stopped ? undefined : read(reason)))
    return last
  }

  async function read(reason: 'SIGHUP' | 'CONFIG_REFRESH'): Promise<void> {
    try {
      // Whoever asks for it by a signal wants to hear what came of it.
      const next = await readWaybillConfiguration(environment, reason === 'SIGHUP' ? undefined : known)
      if (!next) return
      // What cannot be brought into effect is tried again on SIGHUP, or when it changes.
      known = next.version
      const changed = changedSettings(current, next)
      if (changed.length === 0) {
        log().info({ reason }, 'the configuration was read again: no setting has changed')
        return
      }
      const waiting = await apply(next)
      current = next
      const inEffect = changed.filter(name => !waiting.includes(name))
      if (inEffect.length > 0) log().info({ reason, changed: inEffect }, 'changed settings are in effect')
    } catch (error) {
      const lines = error instanceof SettingsError ? error.lines : [(error as Error).message]
      log().error({ reason, lines }, 'the configuration was read again and is not used: the settings before stay')
    }
  }

  /** All processes of a fleet were started together, and should not all change at once. */
  function readLater(): void {
    const pause = current.settings.CONFIG_REFRESH
    if (stopped || pause === undefined) return
    timer = setTimeout(
      () => void readAgain('CONFIG_REFRESH').then(readLater),
      Math.min(pause * (0.8 + Math.random() * 0.4), 2 ** 31 - 1),
    )
    timer.unref()
  }

  const onSignal = () => {
    clearTimeout(timer)
    void readAgain('SIGHUP').then(readLater)
  }
  process.on('SIGHUP', onSignal)
  if (hasBeenAsked()) onSignal()
  else readLater()
  return {
    stop() {
      stopped = true
      clearTimeout(timer)
      process.off('SIGHUP', onSignal)
    },
  }
}

/** Names alone: what stands behind them may be secret. */
function changedSettings(before: WaybillConfiguration, after: WaybillConfiguration): string[] {
  const names = new Set([...before.texts.keys(), ...after.texts.keys()])
  return [...names].filter(name => before.texts.get(name) !== after.texts.get(name)).sort()
}
