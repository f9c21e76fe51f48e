// What the API answers, as the contracts have it: nothing of it is written a second time. By path, for a published package brings these files along.
export type {
  Cloud,
  CloudCheck,
  CloudMode,
  Dataset,
  DeliveredFile,
  ExportRecord,
  Manifest,
} from '../../contracts/src/data-models.ts'
export type { ErrorCode } from '../../contracts/src/errors.ts'
export type { DeadLetter, WaitingEvent } from '../../contracts/src/operations-models.ts'
export type {
  Audit,
  AuditRule,
  CallbackAttempt,
  Explanation,
  HastenedOrder,
  Order,
  OrderAction,
  OrderActionName,
  OrderedItem,
  OrderStatus,
  OrderTransition,
  Price,
  Process,
  ProcessState,
  ReplayedOrder,
  StepOutcome,
  StoryEntry,
  Trouble,
  Violation,
} from '../../contracts/src/order-models.ts'
export type { Payment, PaymentAttempt, PaymentGatewayOffer } from '../../contracts/src/payment-models.ts'
export type { ServiceName } from '../../contracts/src/services.ts'
export type { User, UserRecord } from '../../contracts/src/user-models.ts'
export type {
  CancelReason,
  Compression,
  ExportFormat,
  OrderState,
  PaymentMode,
  PaymentState,
  Role,
} from '../../contracts/src/words.ts'
