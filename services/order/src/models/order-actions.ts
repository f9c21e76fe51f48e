// What a caller may do about an order at this moment, each with the call that does it.
import type { OrderAction } from '@waybill/contracts'
import { known, type OrderStory, servicesOfOrders, stuckMessages } from './order-story.ts'

export function actionsFor(story: OrderStory): OrderAction[] {
  const { order, callback, caller } = story
  const isOwner = caller.user_id === order.user_id
  const isOpen = order.state === 'created' || order.state === 'confirmed'
  const post = (name: OrderAction['name'], label: string, path: string, body: OrderAction['body'] = null) =>
    ({ name, label, verb: 'POST', path, body }) as const
  const actions: OrderAction[] = []
  if (waitsForATime(story)) actions.push(post('try_now', 'Try now', `/order/${order.id}/retry`))
  if (isOwner && waitsForItsOwner(story)) {
    actions.push(post('pay', 'Pay for the order', '/payment', { order_id: order.id }))
  }
  if (isOwner && isOpen) actions.push(post('cancel', 'Cancel the order', `/order/${order.id}/cancel`))
  if (isOwner && callback && callback.state !== 'waiting') {
    actions.push(post('resend_callback', 'Call back once more', `/callbacks/${order.process_id}/resend`))
  }
  if (caller.role === 'operator' && stuckMessages(story).some(({ state }) => state === 'dead')) {
    actions.push(post('replay_dead_letter', 'Replay the dead letters', `/order/${order.id}/replay`))
  }
  return actions
}

/** To be paid later, and nobody has tried to. */
export function waitsForItsOwner({ order, payment }: OrderStory): boolean {
  const isUntried = !known(payment)?.attempts.length
  return order.state === 'created' && order.payment_mode === 'later' && isUntried
}

/** The times that something waits for, which is tried then by itself. */
export function timesToCome(story: OrderStory): string[] {
  const retries = servicesOfOrders.flatMap(service => known(story.work[service])?.retries ?? [])
  const due = retries.filter(({ under_way }) => !under_way).map(({ due_at }) => due_at)
  const redelivered = stuckMessages(story).map(({ next_try_at }) => next_try_at)
  return [...due, ...redelivered].filter(time => time !== null).sort()
}

function waitsForATime(story: OrderStory): boolean {
  return timesToCome(story).some(time => Date.parse(time) > story.now)
}
