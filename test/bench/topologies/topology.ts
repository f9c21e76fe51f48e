// A way to run Waybill, and the floors that do the same durable work beside it.
import type { Engine } from '../costs.ts'
import type { FloorName } from '../floor/floor-server.ts'
import type { FloorStore } from '../floor/floor-store.ts'
import type { SeedTarget } from '../growth/seeded-orders.ts'
import type { RunningProcess } from '../running-process.ts'
import type { RunningSystem } from '../running-system.ts'
import type { StartedBy } from '../started-process.ts'

export const topologyNames = ['engines', 'together', 'embedded'] as const
export type TopologyName = (typeof topologyNames)[number]

export interface Topology {
  readonly name: TopologyName
  /** Whether the goals were set for it. */
  readonly isJudged: boolean
  /** What it runs on, a sentence each. */
  readonly words: string[]
  /** How its floors commit, for the notes. */
  readonly floorWords: string
  /** Engines whose cost can be read; none where everything is in one process. */
  readonly engines: Engine[]
  /** On fresh databases, or on those that the same home had before. */
  start(home: string, by?: StartedBy): Promise<RunningSystem>
  startFloor(name: FloorName, home: string): Promise<RunningProcess>
  /** The database of a floor that was started, or is to be, in that home. */
  openFloorStore(home: string): Promise<FloorStore>
  /** How many rows of a home's outboxes wait to be confirmed: of ours or of a floor's. */
  outboxRows(home: string): Promise<number>
  /** The databases of a home that was started. */
  openSeedTarget(home: string): Promise<SeedTarget & { close(): Promise<void> }>
  /** Statements and commits that the engine has counted; undefined where there is none to count. */
  countStatements(): Promise<{ statements: number; commits: number } | undefined>
  /** What was made for a home is no longer needed. */
  remove(home: string): Promise<void>
  close(): Promise<void>
}
