// Waybill as the bench has started it: one process that hosts all services, or one for each; what it costs, and its end.
import { join } from 'node:path'
import type { ServiceName } from '@waybill/contracts'
import { type Costs, mapValues, meter } from './costs.ts'
import type { RunningProcess } from './running-process.ts'

/** The processes by what they host; `waybill` hosts everything. */
export type Parts = Partial<Record<ServiceName | 'waybill', RunningProcess>>

const serviceByPath: [path: RegExp, service: ServiceName][] = [
  [/^\/(user\/order|orders?|process|processes|callbacks|prices|audit)\b/, 'order'],
  [/^\/payments?\b/, 'payment'],
  [/^\/(data|user\/data|clouds|exports)\b/, 'data'],
  [/^\/(users?|authentication)\b/, 'user'],
]

export function serviceOf(path: string): ServiceName {
  const service = serviceByPath.find(([pattern]) => pattern.test(path))?.[1]
  if (!service) throw new Error(`the bench does not know who answers ${path}`)
  return service
}

export class RunningSystem {
  readonly parts: Record<string, RunningProcess>
  /** Where the LOCAL cloud keeps its accounts. */
  readonly localCloud: string

  constructor(parts: Parts, dataHome: string) {
    this.parts = parts as Record<string, RunningProcess>
    this.localCloud = join(dataHome, 'clouds', 'local')
  }

  portOf(service: ServiceName): number {
    return this.#hostOf(service).port
  }
  #hostOf(service: ServiceName): RunningProcess {
    return (this.parts.waybill ?? this.parts[service])!
  }

  /** performance.now() of when the first process was started and the last was ready. */
  get startedAt(): number {
    return Math.min(...this.#processes.map(process => process.startedAt))
  }
  get readyAt(): number {
    return Math.max(...this.#processes.map(process => process.readyAt))
  }
  get secondsToReady(): number {
    return (this.readyAt - this.startedAt) / 1_000
  }

  /** See meter(). */
  meter(): () => Costs {
    return meter(this.parts)
  }
  get residentMebibytes(): Costs {
    return mapValues(this.parts, process => process.residentMebibytes)
  }
  /** Of the process that exports. */
  get peakResidentMebibytes(): number {
    return this.#hostOf('data').peakResidentMebibytes
  }
  /** The same process. */
  get residentFileMebibytes(): number {
    return this.#hostOf('data').residentFileMebibytes
  }

  /** In good order; some of its processes, or all. */
  async stop(...names: ServiceName[]): Promise<void> {
    const stopped = names.length === 0 ? this.#processes : names.map(name => this.parts[name]!)
    await Promise.all(stopped.map(process => process.stop()))
  }

  /** All at once, as a power cut would. */
  async kill(): Promise<void> {
    await Promise.all(this.#processes.map(process => process.kill()))
  }

  get #processes(): RunningProcess[] {
    return Object.values(this.parts)
  }
}
