// Chooses what is measured: the engines where they answer, else the embedded default, and says so where it was not asked for.
import { createEmbedded } from './embedded.ts'
import { createOnEngines } from './engines.ts'
import type { Topology, TopologyName } from './topology.ts'

/** Throws where a topology was asked for that cannot be. */
export async function findTopology(wanted: TopologyName | undefined, say: (line: string) => void): Promise<Topology> {
  if (wanted === 'embedded') return createEmbedded()
  try {
    return await createOnEngines(wanted ?? 'engines')
  } catch (error) {
    const why = `MySQL and RabbitMQ cannot be used: ${(error as Error).message || (error as { code?: string }).code}`
    if (wanted !== undefined) throw new Error(why, { cause: error })
    say(`!!! ${why}`)
    say(
      '!!! The EMBEDDED topology is measured instead: its figures do not answer the goals. npm run engines starts both.',
    )
    return createEmbedded()
  }
}
