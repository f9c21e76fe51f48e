// Gives back what only the start needed: half of a fresh process's heap is what compiling and wiring left behind.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** One full collection that shrinks the heap (V8's last resort), before anybody waits for an answer: some 100 ms of CPU, once. */
export function releaseStartMemory(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: {
    type: 'major'
    execution: 'sync'
    flavor: 'last-resort'
  }) => void
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  setFlagsFromString('--no-expose-gc')
}
