// The states of orders, payments and exports as Mermaid diagrams and as rows, read from the transition tables that guard them.

import { exportTransitions } from '../services/data/src/models/export.ts'
import { orderTransitions } from '../services/order/src/bo/order-transitions.ts'
import { paymentTransitions } from '../services/payment/src/bo/payment-states.ts'

export interface Transition {
  from: string
  to: string
  /** What the table calls it; empty where it has no names. */
  name: string
}

/** By what the table is about. A state that is left for itself is no transition. */
export const transitions: Record<'order' | 'payment' | 'export', Transition[]> = {
  order: Object.entries(orderTransitions).flatMap(([name, { from, to }]) =>
    from.map(state => ({ from: state, to, name })),
  ),
  payment: Object.entries(paymentTransitions).flatMap(([from, states]) => states.map(to => ({ from, to, name: '' }))),
  export: Object.entries(exportTransitions).flatMap(([name, { from, to }]) =>
    from.filter(state => state !== to).map(state => ({ from: state, to, name })),
  ),
}

/** By the name of the picture. */
export function stateDiagrams(): Record<string, string> {
  return {
    'order-states': stateDiagram('an order', transitions.order),
    // A payment can be in doubt on any way: as arrows that would hide the ways.
    'payment-states': stateDiagram(
      'a payment',
      transitions.payment.filter(({ from, to }) => from !== 'unknown' && to !== 'unknown'),
    ),
    'export-states': stateDiagram('an export', transitions.export),
  }
}

function stateDiagram(what: string, rows: Transition[]): string {
  const left = new Set(rows.map(({ from }) => from))
  const final = [...new Set(rows.map(({ to }) => to))].filter(state => !left.has(state))
  const between = Map.groupBy(rows, ({ from, to }) => `${from} --> ${to}`)
  const arrows = [...between].map(([arrow, same]) => {
    const names = same.map(({ name }) => name).filter(Boolean)
    return names.length > 0 ? `${arrow}: ${names.join(', ')}` : arrow
  })
  const lines = [`[*] --> ${rows[0]!.from}`, ...arrows, ...final.map(state => `${state} --> [*]`)]
  return `%% The states of ${what}\nstateDiagram-v2\n${lines.map(line => `  ${line}\n`).join('')}`
}
