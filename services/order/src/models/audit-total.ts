// What an audit has come to so far, over all the answers that it takes.
import type { Audit, AuditRule } from '@waybill/contracts'

export interface AuditTotal {
  checked: number
  /** How many there are of each; a rule that nothing breaks is left out. */
  violations: Partial<Record<AuditRule, number>>
}

export const nothingAudited: AuditTotal = { checked: 0, violations: {} }

export function addToTotal(total: AuditTotal, { checked, violations }: Audit): AuditTotal {
  const counts = { ...total.violations }
  for (const { rule } of violations) counts[rule] = (counts[rule] ?? 0) + 1
  return { checked: total.checked + checked, violations: counts }
}
