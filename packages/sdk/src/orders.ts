// Orders: placing, following, reading and cancelling them.
import { type Api, splitOptions } from './api.ts'
import type { CallOptions, KeyedCallOptions, WatchOptions } from './call-options.ts'
import { followExplanation } from './follow-explanation.ts'
import type { ListFilters, OperatorFilters } from './list-filters.ts'
import type {
  Compression,
  Explanation,
  ExportFormat,
  HastenedOrder,
  Order,
  OrderState,
  OrderStatus,
  OrderTransition,
  PaymentMode,
  Process,
  ReplayedOrder,
} from './models.ts'
import type { Pages } from './pages.ts'
import type { FinishedOptions, Processes } from './processes.ts'

export interface NewOrder {
  /** 1–50, no dataset twice; `format` is `ndjson` unless given, and the file is not packed. */
  items: { dataset: string; format?: ExportFormat; compression?: 'none' | Compression }[]
  /** Called when the process ends: an https URL of a public address. */
  callback_url?: string
  /** `mode` is `now` unless given; the gateway is the server's, and the token what the gateway gave for the card. */
  payment?: { mode?: PaymentMode; gateway?: string; token?: string }
}

export interface PlacedOrder {
  order: Order
  process: Process
  /** Waits for the end of the process: see `processes.finished`. */
  finished(options?: FinishedOptions): Promise<Process>
}

export interface ListOrdersOptions extends ListFilters, OperatorFilters {
  state?: OrderState
}

export class Orders {
  readonly #api: Api
  readonly #processes: Processes

  constructor(api: Api, processes: Processes) {
    this.#api = api
    this.#processes = processes
  }

  /**
   * Orders an export of datasets from the user's cloud. Sent again after a broken connection, under one Idempotency-Key: there
   * will be one order. Throws VALIDATION_FAILED, CLOUD_NOT_REGISTERED, CLOUD_NOT_PRICED, IDEMPOTENCY_KEY_REUSED.
   */
  async place(order: NewOrder, options?: KeyedCallOptions): Promise<PlacedOrder> {
    const placed = await this.#api.ask<{ order: Order; process: Process }>('placeOrder', { body: order, options })
    return {
      ...placed,
      finished: (following = {}) => this.#processes.finished(placed.process.process_id, following),
    }
  }

  /** The caller's orders, newest first. */
  list(options: ListOrdersOptions = {}): Pages<Order> {
    return this.#api.list('listOrders', splitOptions(options))
  }

  /** Throws ORDER_NOT_FOUND, also for somebody else's. */
  get(id: string, options?: CallOptions): Promise<Order> {
    return this.#api.ask('showOrder', { params: { id }, options })
  }

  /** No more than its state. Throws ORDER_NOT_FOUND. */
  status(id: string, options?: CallOptions): Promise<OrderStatus> {
    return this.#api.ask('showOrderStatus', { params: { id }, options })
  }

  /** Every transition, oldest first. Throws ORDER_NOT_FOUND. */
  history(id: string, options?: CallOptions): Promise<OrderTransition[]> {
    return this.#api.ask('showOrderHistory', { params: { id }, options })
  }

  /** Where the order is, why, what happens next, what may be done now, and its story from all services. Throws ORDER_NOT_FOUND. */
  explain(id: string, options?: CallOptions): Promise<Explanation> {
    return this.#api.ask('explainOrder', { params: { id }, options })
  }

  /**
   * The explanation as it is and at every change, until nothing more will happen. Goes on after a broken connection. Throws
   * ORDER_NOT_FOUND, and what is wrong where the server stays away for minutes.
   */
  watchExplanation(id: string, options?: WatchOptions): AsyncGenerator<Explanation, void, undefined> {
    return followExplanation(this.#api, id, options)
  }

  /**
   * Tries now what waits to be tried again: payment, export, callback, messages. Throws ORDER_NOT_FOUND, NOTHING_TO_RETRY, and
   * TOO_MANY_REQUESTS where that was asked for in the last seconds.
   */
  retry(id: string, options?: CallOptions): Promise<HastenedOrder> {
    return this.#api.ask('retryOrder', { params: { id }, options })
  }

  /** Operators: hands the order's dead letters to their handlers once more. Throws ORDER_NOT_FOUND, DEAD_LETTER_NOT_FOUND. */
  replay(id: string, options?: CallOptions): Promise<ReplayedOrder> {
    return this.#api.ask('replayOrder', { params: { id }, options })
  }

  /** Throws ORDER_NOT_FOUND, and ORDER_NOT_CANCELLABLE where it is final. */
  cancel(id: string, options?: CallOptions): Promise<Order> {
    return this.#api.ask('cancelOrder', { params: { id }, options })
  }
}
