// What a scenario is given, and what it answers.
import type { Figure } from './figures.ts'
import type { LoadGenerator } from './load/load-generator.ts'
import type { Scale } from './scale.ts'

export interface Bench {
  scale: Scale
  generator: LoadGenerator
  /** An empty folder of this scenario. */
  folder: string
}

export interface ScenarioResult {
  title: string
  figures: Figure[]
  /** How it was measured, a sentence each. */
  notes: string[]
}

export type Scenario = (bench: Bench) => Promise<ScenarioResult>
