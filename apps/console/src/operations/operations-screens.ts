// The screens of those who run the server, a row each; the table of all screens takes them in.
import type { ScreenRow } from '../screens.ts'

export const operationsScreens: ScreenRow[] = [
  {
    path: '/operations/live',
    access: 'operator',
    nav: { label: 'Live', icon: 'chart', group: 'Operations' },
    load: async () => (await import('./live/live-screen.tsx')).LiveScreen,
  },
  {
    path: '/operations/orders',
    access: 'operator',
    nav: { label: 'All orders', icon: 'parcel', group: 'Operations' },
    load: async () => (await import('./orders/all-orders-screen.tsx')).AllOrdersScreen,
  },
  {
    path: '/operations/processes',
    access: 'operator',
    nav: { label: 'All processes', icon: 'activity', group: 'Operations' },
    load: async () => (await import('./orders/all-processes-screen.tsx')).AllProcessesScreen,
  },
  {
    path: '/operations/payments',
    access: 'operator',
    nav: { label: 'All payments', icon: 'card', group: 'Operations' },
    load: async () => (await import('./payments/all-payments-screen.tsx')).AllPaymentsScreen,
  },
  {
    path: '/operations/payments/:id',
    access: 'operator',
    load: async () => (await import('../payments/payment-screen.tsx')).PaymentScreen,
  },
  {
    path: '/operations/users',
    access: 'operator',
    nav: { label: 'Users', icon: 'people', group: 'Operations' },
    load: async () => (await import('./users/users-screen.tsx')).UsersScreen,
  },
  {
    path: '/operations/users/:id',
    access: 'operator',
    load: async () => (await import('./users/user-screen.tsx')).UserScreen,
  },
  {
    path: '/operations/clouds',
    access: 'operator',
    nav: { label: 'Clouds and prices', icon: 'clouds', group: 'Operations' },
    load: async () => (await import('./clouds/all-clouds-screen.tsx')).AllCloudsScreen,
  },
  {
    path: '/operations/clouds/new',
    access: 'operator',
    load: async () => (await import('./clouds/new-cloud-screen.tsx')).NewCloudScreen,
  },
  {
    path: '/operations/clouds/:name',
    access: 'operator',
    load: async () => (await import('./clouds/one-cloud-screen.tsx')).OneCloudScreen,
  },
  {
    path: '/operations/outbox',
    access: 'operator',
    nav: { label: 'Outbox', icon: 'outbox', group: 'Operations' },
    load: async () => (await import('./messages/outbox-screen.tsx')).OutboxScreen,
  },
  {
    path: '/operations/dead-letters',
    access: 'operator',
    nav: { label: 'Dead letters', icon: 'letter', group: 'Operations' },
    load: async () => (await import('./messages/dead-letters-screen.tsx')).DeadLettersScreen,
  },
  {
    path: '/operations/audit',
    access: 'operator',
    nav: { label: 'Audit', icon: 'shield', group: 'Operations' },
    load: async () => (await import('./audit/audit-screen.tsx')).AuditScreen,
  },
]
