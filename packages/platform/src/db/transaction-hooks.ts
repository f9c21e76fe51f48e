// What is to happen once a transaction is committed: hooks belong to the transaction that they were given in.

/** A transaction of whatever tables: what the plumbing takes. A plain database is none, the compiler says so. */
export interface AnyTx {
  readonly isTransaction: true
}

export type Hook = () => void

const hooksOf = new WeakMap<object, Hook[]>()

/** Runs `hook` once the transaction `tx` has been committed; never when it is rolled back. */
export function afterCommit(tx: AnyTx, hook: Hook): void {
  const hooks = hooksOf.get(tx)
  if (!hooks) throw new Error('afterCommit needs a running transaction of Database.transaction')
  hooks.push(hook)
}

/** Runs `work` and answers its value with the hooks that it left. */
export async function collectHooks<R>(tx: AnyTx, work: () => Promise<R>): Promise<{ value: R; hooks: Hook[] }> {
  const hooks: Hook[] = []
  hooksOf.set(tx, hooks)
  try {
    return { value: await work(), hooks }
  } finally {
    hooksOf.delete(tx)
  }
}
