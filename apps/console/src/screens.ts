// Every screen, a row each: where it is, who may see it, where the navigation names it, and the file that is loaded when it is opened.
import type { ComponentType } from 'react'
import { operationsScreens } from './operations/operations-screens.ts'
import type { Access } from './session/guard.tsx'
import type { IconName } from './shell/icon.tsx'

export interface ScreenRow {
  path: string
  access: Access
  /** An entry of the navigation, under the heading of its group. */
  nav?: { label: string; icon: IconName; group: NavGroup }
  load: () => Promise<ComponentType>
}

export const navGroups = ['Data', 'Orders', 'Settings', 'Operations'] as const
export type NavGroup = (typeof navGroups)[number]

export const screens: ScreenRow[] = [
  { path: '/sign-in', access: 'public', load: async () => (await import('./session/sign-in-screen.tsx')).SignInScreen },
  { path: '/sign-up', access: 'public', load: async () => (await import('./session/sign-up-screen.tsx')).SignUpScreen },
  {
    path: '/datasets',
    access: 'customer',
    nav: { label: 'Datasets', icon: 'table', group: 'Data' },
    load: async () => (await import('./datasets/datasets-screen.tsx')).DatasetsScreen,
  },
  {
    path: '/datasets/:name',
    access: 'customer',
    load: async () => (await import('./datasets/dataset-screen.tsx')).DatasetScreen,
  },
  {
    path: '/orders/new',
    access: 'customer',
    nav: { label: 'New order', icon: 'plus', group: 'Orders' },
    load: async () => (await import('./orders/new-order-screen.tsx')).NewOrderScreen,
  },
  {
    path: '/orders',
    access: 'customer',
    nav: { label: 'Orders', icon: 'parcel', group: 'Orders' },
    load: async () => (await import('./orders/orders-screen.tsx')).OrdersScreen,
  },
  {
    path: '/orders/:id',
    access: 'customer',
    load: async () => (await import('./orders/order-screen.tsx')).OrderScreen,
  },
  {
    path: '/processes',
    access: 'customer',
    nav: { label: 'Processes', icon: 'activity', group: 'Orders' },
    load: async () => (await import('./processes/processes-screen.tsx')).ProcessesScreen,
  },
  {
    path: '/payments',
    access: 'customer',
    nav: { label: 'Payments', icon: 'card', group: 'Orders' },
    load: async () => (await import('./payments/payments-screen.tsx')).PaymentsScreen,
  },
  {
    path: '/payments/:id',
    access: 'customer',
    load: async () => (await import('./payments/payment-screen.tsx')).PaymentScreen,
  },
  {
    path: '/cloud',
    access: 'customer',
    nav: { label: 'Cloud', icon: 'cloud', group: 'Settings' },
    load: async () => (await import('./clouds/cloud-screen.tsx')).CloudScreen,
  },
  {
    path: '/callbacks',
    access: 'customer',
    nav: { label: 'Callbacks', icon: 'bell', group: 'Settings' },
    load: async () => (await import('./callbacks/callbacks-screen.tsx')).CallbacksScreen,
  },
  {
    path: '/account',
    access: 'customer',
    nav: { label: 'Account', icon: 'person', group: 'Settings' },
    load: async () => (await import('./account/account-screen.tsx')).AccountScreen,
  },
  ...operationsScreens,
]
