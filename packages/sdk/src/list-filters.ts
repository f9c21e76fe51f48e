// What lists that grow take besides their own filters.
import type { CallOptions } from './call-options.ts'

export interface ListFilters extends CallOptions {
  /** Items a page, 1–100; 20 unless given. */
  limit?: number
  /** Where to begin: `next_cursor` of a page. */
  cursor?: string
}

/** Whose things an operator sees; without either, their own. */
export interface OperatorFilters {
  user_id?: string
  all?: boolean
}
