// What the rules of the audit mean, for those who have to do something about a violation.
import type { AuditRule } from '@waybill/sdk'

export const auditRuleWords: Record<AuditRule, string> = {
  process_mismatch: 'Order and process tell different stories',
  history_mismatch: 'The history does not lead to the state of the order',
  stuck: 'Its time is over, and it has not moved',
  payment_missing: 'There is no payment for it',
  authorization_missing: 'Worked on without the money being reserved',
  captured_early: 'The money was taken before the delivery',
  captured_twice: 'The money was taken twice',
  capture_missing: 'Delivered, and the money was not taken',
  wrong_amount: 'Another amount than the price was taken',
  payment_mismatch: 'Payment and attempts tell different stories',
  money_held: 'Cancelled, and the money is still reserved',
  money_kept: 'Cancelled, and the money was not given back',
  delivery_missing: 'Delivered, and no files are there',
  export_running: 'Over, and its export still runs',
  outbox_not_drained: 'An event about it was not taken by the broker',
  dead_letter: 'A message about it could not be handled',
}
