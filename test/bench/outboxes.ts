// Waits until every event of a home has been confirmed by the broker.
import { setTimeout as pause } from 'node:timers/promises'
import type { Topology } from './topologies/topology.ts'

const askEveryMilliseconds = 5
const giveUpMilliseconds = 120_000

/** Answers how many seconds it took. */
export async function untilConfirmed(topology: Topology, home: string): Promise<number> {
  const startedAt = performance.now()
  while ((await topology.outboxRows(home)) > 0) {
    if (performance.now() - startedAt > giveUpMilliseconds) {
      throw new Error(`events still wait in the outboxes ${giveUpMilliseconds / 1_000} s after the last order`)
    }
    await pause(askEveryMilliseconds)
  }
  return (performance.now() - startedAt) / 1_000
}
