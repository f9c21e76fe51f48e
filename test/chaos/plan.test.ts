// A plan is worth something only if the seed gives it back, and if it leaves nothing out.
import { expect, test } from 'vitest'
import { type FaultKind, faultKinds, type PlanOptions, planActs } from './plan.ts'
import { orderPassing, planOrder } from './planned-order.ts'
import { isSettled, type OrderFacts, positions } from './saga-positions.ts'

const options: PlanOptions = {
  seed: 7,
  seconds: 60,
  kinds: [...faultKinds],
  everyStep: true,
  instances: ['order-1', 'order-2', 'payment-1', 'payment-2'],
  previous: true,
}

test('the same seed plans the same faults and the same orders, another seed plans others', () => {
  expect(planActs(options)).toEqual(planActs(options))
  expect(planActs({ ...options, seed: 8 })).not.toEqual(planActs(options))
  const orders = (seed: number) => Array.from({ length: 50 }, (_, number) => planOrder(seed, number))
  expect(orders(7)).toEqual(orders(7))
  expect(orders(8)).not.toEqual(orders(7))
})

test.each([1, 2, 3, 4, 5])('plan %i holds every kind of fault, and a death at every position of the saga', seed => {
  const faults = planActs({ ...options, seed, seconds: 1 }).flatMap(act => act.faults)
  expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(faultKinds))
  const steps = faults.flatMap(fault => (fault.kind === 'step' ? [fault.position] : []))
  expect(new Set(steps)).toEqual(new Set(positions.map(({ name }) => name)))
})

test('a plan holds only the faults that were asked for', () => {
  const kinds: FaultKind[] = ['kill', 'stall']
  const faults = planActs({ ...options, kinds, everyStep: false }).flatMap(act => act.faults)
  expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(kinds))
})

test('every position has a name of its own, and an order can be had that passes it', () => {
  expect(new Set(positions.map(({ name }) => name)).size).toBe(positions.length)
  for (const { passedBy } of positions) expect(orderPassing(passedBy, 1, 1).items.length).toBeGreaterThan(0)
})

const delivered: OrderFacts = {
  ...{ orderId: 'o', processId: 'p', mode: 'now', state: 'delivered', step: 'delivered', percentage: 100 },
  unpublished: new Set(),
  payment: {
    ...{ state: 'captured', wanted: null },
    attempts: ['authorize', 'capture'].map(operation => ({ operation, outcome: 'succeeded', lost: 0, key: operation })),
    doneAtGateway: new Set(['authorize', 'capture']),
  },
  delivery: { state: 'finished', delivered: true, checkpoint: '' },
  exportDue: false,
  callback: 'delivered',
}

test('an order is settled when nothing is left to be done for it, and stands at no position then', () => {
  expect(isSettled(delivered)).toBe(true)
  expect(positions.filter(({ holds }) => holds(delivered))).toEqual([])
  const payment = delivered.payment!
  const unsettled: OrderFacts[] = [
    { ...delivered, state: 'confirmed' },
    { ...delivered, unpublished: new Set(['order.delivered']) },
    { ...delivered, payment: { ...payment, state: 'authorized', attempts: payment.attempts.slice(0, 1) } },
    { ...delivered, delivery: { ...delivered.delivery!, delivered: false } },
    { ...delivered, callback: 'waiting' },
    { ...delivered, state: 'cancelled', exportDue: true, delivery: { ...delivered.delivery!, state: 'cancelled' } },
  ]
  for (const order of unsettled) {
    expect(isSettled(order), JSON.stringify(order)).toBe(false)
    expect(positions.filter(({ holds }) => holds(order)).length, JSON.stringify(order)).toBeGreaterThan(0)
  }
})
