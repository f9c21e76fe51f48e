export { deliveredFileName } from '../../contracts/src/data-models.ts'
export { paymentGateways } from '../../contracts/src/words.ts'
export type { CallOptions, KeyedCallOptions, WatchOptions } from './call-options.ts'
export type { Callbacks } from './callbacks.ts'
export type { CloudChanges, Clouds, NewCloud } from './clouds.ts'
export type { Data, DataRecord, DatasetList, RecordSource, RecordsPage } from './data.ts'
export type { DeliveredFileStream, FileOptions } from './delivered-file.ts'
export type { ListFilters, OperatorFilters } from './list-filters.ts'
export type { DetailsChanges, Me } from './me.ts'
export type { MetricSample } from './metrics.ts'
export type * from './models.ts'
export type {
  AuditOptions,
  ListDeadLettersOptions,
  ListOutboxOptions,
  OperationsDesk,
} from './operations-desk.ts'
export type { ListOrdersOptions, NewOrder, Orders, PlacedOrder } from './orders.ts'
export type { Page, Pages } from './pages.ts'
export type { ListPaymentsOptions, NewPayment, Payments, Refund } from './payments.ts'
export { ProcessFailedError } from './process-failed-error.ts'
export type { FinishedOptions, ListProcessesOptions, Processes, ShowProcessOptions } from './processes.ts'
export { memoryTokens, type TokenStore, type Tokens } from './tokens.ts'
export type { UserChanges, Users } from './users.ts'
export { type Credentials, type Readiness, type SignUp, Waybill, type WaybillOptions } from './waybill.ts'
export {
  type ClientErrorCode,
  type FieldError,
  isWaybillError,
  WaybillError,
  type WaybillErrorCode,
} from './waybill-error.ts'
