// The names of the four services, in the order in which they are listed everywhere.

export const serviceNames = ['user', 'order', 'payment', 'data'] as const
export type ServiceName = (typeof serviceNames)[number]
