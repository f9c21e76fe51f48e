// Recognises a row that is there already, so that a race for a unique key has a loser that knows it.

/** True for a violated unique key or primary key: SQLITE_CONSTRAINT_UNIQUE and _PRIMARYKEY, or MySQL's ER_DUP_ENTRY. */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { errcode, errno } = error as { errcode?: number; errno?: number }
  return errcode === 2067 || errcode === 1555 || errno === 1062
}
