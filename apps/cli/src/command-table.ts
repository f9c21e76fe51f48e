// Every command, by name: the one list for parsing, help, completion and docs. What a command needs is loaded when it runs.
import type { CommandRow } from './command.ts'

export const commandTable: readonly CommandRow[] = [
  {
    name: 'register',
    summary: 'Make an account, register it with a cloud, and sign in',
    load: () => import('./commands/register.ts'),
  },
  { name: 'login', summary: 'Sign in', load: () => import('./commands/login.ts') },
  { name: 'logout', summary: 'Sign out, here and on the server', load: () => import('./commands/logout.ts') },
  { name: 'account', summary: 'Show or change your account', load: () => import('./commands/account.ts') },
  { name: 'cloud', summary: 'List clouds, or register with one', load: () => import('./commands/cloud.ts') },
  { name: 'order', summary: 'Order an export of datasets', load: () => import('./commands/order.ts') },
  { name: 'watch', summary: 'Follow the work behind an order to its end', load: () => import('./commands/watch.ts') },
  { name: 'orders', summary: 'List orders, newest first', load: () => import('./commands/orders.ts') },
  { name: 'cancel', summary: 'Cancel an order that is not final', load: () => import('./commands/cancel.ts') },
  { name: 'pay', summary: 'Pay for an order that was to be paid later', load: () => import('./commands/pay.ts') },
  { name: 'payments', summary: 'List payments with their attempts', load: () => import('./commands/payments.ts') },
  {
    name: 'data',
    summary: 'Read data from your cloud now, or download what was delivered',
    load: () => import('./commands/data.ts'),
  },
  {
    name: 'explain',
    summary: 'Where an order is, why, what happens next, and its story',
    load: () => import('./commands/explain.ts'),
  },
  { name: 'retry', summary: 'Try now what waits to be tried again', load: () => import('./commands/retry.ts') },
  {
    name: 'callbacks',
    summary: 'Callback attempts, and the secret that signs them',
    load: () => import('./commands/callbacks.ts'),
  },
  { name: 'doctor', summary: 'Check server, services and sign-in', load: () => import('./commands/doctor.ts') },
  {
    name: 'listen',
    summary: 'Forward callbacks to a program on this machine',
    load: () => import('./commands/listen.ts'),
  },
  {
    name: 'verify',
    summary: 'Try the whole journey against a deployment, and say on a card what came of it',
    load: () => import('./commands/verify.ts'),
  },
  { name: 'bench', summary: 'Put load on a server and measure it', load: () => import('./commands/bench.ts') },
  { name: 'refund', summary: 'Operators: give money back', load: () => import('./commands/refund.ts') },
  { name: 'users', summary: 'Operators: list users, or change one', load: () => import('./commands/users.ts') },
  {
    name: 'dead-letters',
    summary: 'Operators: messages that could not be handled',
    load: () => import('./commands/dead-letters.ts'),
  },
  {
    name: 'completion',
    summary: 'Print the completion script of a shell',
    load: () => import('./commands/completion.ts'),
  },
]
