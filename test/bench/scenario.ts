// What a scenario is given, and what it answers.

import type { Effort } from './effort.ts'
import type { Figure, Unit } from './figures.ts'
import type { LoadGenerator } from './load/load-generator.ts'
import type { Topology } from './topologies/topology.ts'

export interface Bench {
  topology: Topology
  effort: Effort
  generator: LoadGenerator
  /** An empty folder of this scenario. */
  folder: string
}

export interface ScenarioResult {
  title: string
  /** How figures grow with what stands in the tables; for the chart. */
  growth?: Growth[]
  figures: Figure[]
  /** How it was measured, a sentence each. */
  notes: string[]
}

export interface Growth {
  name: string
  unit: Unit
  /** The median at each size. */
  points: { orders: number; value: number }[]
}

export type Scenario = (bench: Bench) => Promise<ScenarioResult>
