// The services that a list of messages may be narrowed to.
import type { ServiceName } from '@waybill/sdk'

export const services = ['user', 'order', 'payment', 'data'] as const satisfies ServiceName[]

const words: Record<ServiceName, string> = { user: 'Users', order: 'Orders', payment: 'Payments', data: 'Data' }

export const serviceOptions = services.map(value => ({ value, label: words[value] }))
