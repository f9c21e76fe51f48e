// The closed sets of words that answers, queries and events use.

export const exportFormats = ['ndjson', 'csv'] as const
export type ExportFormat = (typeof exportFormats)[number]
/** What a delivered file may be packed with. */
export const compressions = ['gzip', 'zstd'] as const
export type Compression = (typeof compressions)[number]
export const orderStates = ['created', 'confirmed', 'delivered', 'cancelled'] as const
export type OrderState = (typeof orderStates)[number]
export const cancelReasons = ['payment_declined', 'payment_expired', 'cancelled_by_user', 'processing_failed'] as const
export type CancelReason = (typeof cancelReasons)[number]
export const paymentModes = ['now', 'later'] as const
export type PaymentMode = (typeof paymentModes)[number]
/** The gateways that Waybill knows by name; which of them are set up, the payment service says. */
export const paymentGateways = ['mock', 'stripe'] as const
export type PaymentGateway = (typeof paymentGateways)[number]
export const paymentStates = ['pending', 'authorized', 'captured', 'declined', 'voided', 'refunded', 'unknown'] as const
export type PaymentState = (typeof paymentStates)[number]
export const roles = ['customer', 'operator'] as const
export type Role = (typeof roles)[number]
