// What operators look at when something is stuck: the audit, events that wait, and messages that could not be handled.
import { type Api, splitOptions } from './api.ts'
import type { CallOptions } from './call-options.ts'
import type { ListFilters } from './list-filters.ts'
import { type MetricSample, parseMetrics } from './metrics.ts'
import type { Audit, DeadLetter, ServiceName, Violation, WaitingEvent } from './models.ts'
import type { Pages } from './pages.ts'
import { WaybillError } from './waybill-error.ts'

export interface AuditOptions extends CallOptions {
  /** RFC 3339; a day before `until` unless given. */
  since?: string
  /** RFC 3339; now unless given. */
  until?: string
  /** `next_cursor` of an audit that ended before it was through. */
  cursor?: string
}

export interface ListDeadLettersOptions extends ListFilters {
  /** Which the server's process must host. */
  service?: ServiceName
}

export interface ListOutboxOptions extends ListDeadLettersOptions {
  since?: string
  until?: string
}

export class OperationsDesk {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  /** Checks that money, orders, processes and deliveries agree: item by item the violations, page by page how many were checked. */
  audit(options: AuditOptions = {}): Pages<Violation, Audit> {
    return this.#api.list<Violation, Audit>('audit', splitOptions(options), ({ violations }) => violations)
  }

  /** Messages that the services of the server's process could not handle, newest first. Throws SERVICE_NOT_HOSTED. */
  deadLetters(options: ListDeadLettersOptions = {}): Pages<DeadLetter> {
    return this.#api.list('listDeadLetters', splitOptions(options))
  }

  /** Hands a dead letter to its handler once more. Throws DEAD_LETTER_NOT_FOUND. */
  replayDeadLetter(id: string, options?: CallOptions): Promise<DeadLetter> {
    return this.#api.ask('replayDeadLetter', { params: { id }, options })
  }

  /**
   * What the server's process counts and measures, as Prometheus is told it; nobody need be signed in. Behind a load balancer
   * each answer may be another process's: the labels of `waybill_process_info` tell them apart.
   */
  async metrics(options?: CallOptions): Promise<MetricSample[]> {
    const text = await this.#api.text('readMetrics', { headers: { Accept: 'text/plain' }, options })
    const samples = parseMetrics(text)
    if (samples) return samples
    const message = 'the answer to GET /metrics is not the text format of Prometheus: is it kept from this address?'
    throw new WaybillError({ code: 'UNEXPECTED_ANSWER', message })
  }

  /** Events that the broker has not confirmed, newest first. Throws SERVICE_NOT_HOSTED. */
  outbox(options: ListOutboxOptions = {}): Pages<WaitingEvent> {
    return this.#api.list('listOutbox', splitOptions(options))
  }
}
