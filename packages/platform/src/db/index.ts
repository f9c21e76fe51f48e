export { isUniqueViolation } from './conflict.ts'
export { type AnyTx, afterCommit, type Database, type Db, openDatabase, type Tx } from './database.ts'
export { migrate } from './migrator.ts'
export { type Timer, type TimerHandler, Timers, type TimersTable } from './timers.ts'
