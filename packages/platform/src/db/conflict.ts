// Recognises a row that is there already, so that a race for a unique key has a loser that knows it.

/** True for a violated unique key or primary key. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (error.errcode === 2067 || error.errcode === 1555)
}
