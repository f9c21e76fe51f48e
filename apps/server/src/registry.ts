// The only list of services.
import type { ServiceName } from '@waybill/contracts'
import { createDataService } from '@waybill/data-service'
import { createOrderService } from '@waybill/order-service'
import { createPaymentService } from '@waybill/payment-service'
import type { CreateService } from '@waybill/platform/service'
import { createUserService } from '@waybill/user-service'

export const registry: Record<ServiceName, CreateService> = {
  user: createUserService,
  order: createOrderService,
  payment: createPaymentService,
  data: createDataService,
}
