// The two ways to commit the writes of concurrent orders: each by itself, or all that came in one turn together.
import type { DatabaseSync } from 'node:sqlite'

/** Resolves once what `write` wrote is on the disk. */
export type Commit = (write: () => void) => Promise<void>

export function commitEach(database: DatabaseSync): Commit {
  const begin = database.prepare('begin immediate')
  const commit = database.prepare('commit')
  return async write => {
    begin.run()
    write()
    commit.run()
  }
}

export function commitTogether(database: DatabaseSync): Commit {
  const begin = database.prepare('begin immediate')
  const commit = database.prepare('commit')
  let waiting: { write: () => void; resolve: () => void }[] = []
  const commitAll = () => {
    const members = waiting
    waiting = []
    begin.run()
    for (const { write } of members) write()
    commit.run()
    for (const { resolve } of members) resolve()
  }
  return write =>
    new Promise(resolve => {
      // The check phase comes after all sockets of this turn were read.
      if (waiting.length === 0) setImmediate(commitAll)
      waiting.push({ write, resolve })
    })
}
