// The only list of services. Each is loaded where it is hosted: a process with one of them does without the others' code.
import type { ServiceName } from '@waybill/contracts'
import type { CreateService } from '@waybill/platform/service'

export const registry: Record<ServiceName, () => Promise<CreateService>> = {
  user: async () => (await import('@waybill/user-service')).createUserService,
  order: async () => (await import('@waybill/order-service')).createOrderService,
  payment: async () => (await import('@waybill/payment-service')).createPaymentService,
  data: async () => (await import('@waybill/data-service')).createDataService,
}
