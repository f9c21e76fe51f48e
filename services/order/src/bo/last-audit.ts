// Remembers what the last audit that ended in this process came to, for those who read metrics.
import type { Clock } from '@waybill/platform/clock'
import type { AuditTotal } from '../models/audit-total.ts'

export class LastAudit {
  readonly #clock: Clock
  #ended: (AuditTotal & { at: number }) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  remember(total: AuditTotal): void {
    this.#ended = { ...total, at: this.#clock.now() }
  }

  /** undefined until one has ended. */
  get ended(): (AuditTotal & { at: number }) | undefined {
    return this.#ended
  }
}
