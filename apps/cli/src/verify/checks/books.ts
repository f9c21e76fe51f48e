// The books afterwards: money and orders agree, by our own count and by the deployment's audit; refunds; dead letters; and everything tidied up.
import { setTimeout as pause } from 'node:timers/promises'
import type { Order, Violation } from '@waybill/sdk'
import { isWaybillError } from '@waybill/sdk'
import { describeTrouble, LeftOut, mustBe, mustRefuse } from '../finding.ts'
import { rawCall } from '../raw-call.ts'
import { guestOf, mustBePayable, operatorOf, settledPayment, type Visit } from '../visit.ts'
import { mustBeCaptured, mustBeUnmoved } from './ordering.ts'

const isFinal = ({ state }: Order) => state === 'delivered' || state === 'cancelled'

/** Oldest first. */
async function ourOrders({ guests }: Visit): Promise<Order[]> {
  const lists = await Promise.all(guests.map(({ client }) => client.orders.list({ limit: 100 }).take(1_000)))
  return lists.flat().sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at))
}

export async function moneyAgrees(visit: Visit): Promise<string> {
  let [delivered, cancelled] = [0, 0]
  for (const { client } of visit.guests) {
    for await (const order of client.orders.list({ limit: 100 })) {
      mustBe(isFinal(order), `order ${order.id} is still ${order.state}`)
      const payment = await settledPayment(client, order)
      mustBe(payment.amount === order.amount, `order ${order.id} costs ${order.amount}, its payment ${payment.amount}`)
      if (order.state === 'delivered') mustBeCaptured(payment)
      else mustBeUnmoved(payment)
      if (order.state === 'delivered') delivered++
      else cancelled++
    }
  }
  if (delivered + cancelled === 0) throw new LeftOut('no order was placed')
  return `${delivered} delivered and paid once, ${cancelled} cancelled and unpaid`
}

export async function refunds(visit: Visit): Promise<string> {
  const operator = operatorOf(visit)
  mustBePayable(visit)
  const { delivered } = visit
  if (!delivered) throw new LeftOut('nothing was delivered')
  const payment = await guestOf(visit, 0).client.payments.ofOrder(delivered.order.id)
  const reason = `waybill verify ${visit.run}`
  if (payment.amount > 1) {
    const part = await operator.payments.refund(payment.id, { amount: 1, reason })
    mustBe(part.refunded_amount === 1 && part.state === 'captured', `after 1 was given back: ${part.state}`)
  }
  const tooMuch = operator.payments.refund(payment.id, { amount: payment.amount + 1, reason })
  await mustRefuse(tooMuch, 409, 'REFUND_EXCEEDS_CAPTURED', 'a refund of too much')
  const rest = await operator.payments.refund(payment.id, { reason })
  mustBe(
    rest.refunded_amount === payment.amount && rest.state === 'refunded',
    `${rest.refunded_amount} of ${payment.amount} were given back: ${rest.state}`,
  )
  await mustRefuse(
    operator.payments.refund(payment.id, { amount: 1, reason }),
    409,
    'REFUND_EXCEEDS_CAPTURED',
    'one more',
  )
  return 'in two parts, never more'
}

/** The audit excuses money that is on its way to an order that moved less than this ago, in seconds. */
export const auditGrace = 31
const secondLookMilliseconds = 5_000

/** Exactly from our first order to our last, by the deployment's own clock. */
export async function auditAgrees(visit: Visit): Promise<string> {
  const operator = operatorOf(visit)
  const orders = await ourOrders(visit)
  if (orders.length === 0) throw new LeftOut('no order was placed')
  const { auditAfter } = visit.terms
  const rest = visit.movedAt + auditAfter * 1_000 - performance.now()
  if (rest > 0) {
    visit.note(`waiting ${Math.ceil(rest / 1_000)} s before the audit (--audit-after)`)
    await pause(rest)
  }
  const since = orders[0]!.created_at
  const until = new Date(Date.parse(orders.at(-1)!.created_at) + 1).toISOString()
  const ask = async () => {
    let checked = 0
    const violations: Violation[] = []
    for await (const { data } of operator.desk.audit({ since, until }).pages()) {
      checked += data.checked
      violations.push(...data.violations)
    }
    return { checked, violations }
  }
  let found = await ask()
  if (found.violations.length > 0) {
    // Orders of others may be moving right now.
    await pause(secondLookMilliseconds)
    found = await ask()
  }
  const { checked, violations } = found
  visit.audit = { since, until, checked, violations: violations.length }
  const ours = new Set(orders.map(({ id }) => id))
  const own = violations.filter(({ order_id }) => ours.has(order_id ?? '')).length
  const named = violations.slice(0, 3).map(({ rule, order_id, detail }) => `${rule} ${order_id}: ${detail}`)
  mustBe(violations.length === 0, `${violations.length} violations, ${own} of them our orders': ${named.join('; ')}`)
  mustBe(checked >= orders.length, `${checked} orders were checked, and ${orders.length} were placed here alone`)
  const young = auditAfter < auditGrace ? `; money of the last ${auditGrace - 1} s was excused` : ''
  return `${checked} orders checked, ${orders.length} of them ours${young}`
}

export async function noDeadLetters(visit: Visit): Promise<string> {
  const letters = await operatorOf(visit).desk.deadLetters({ limit: 100 }).take(100)
  const named = letters.slice(0, 3).map(({ service, event_type, error }) => `${service}, ${event_type}: ${error}`)
  mustBe(letters.length === 0, `${letters.length}: ${named.join('; ')}`)
  return 'none at this address'
}

const endsWithinMilliseconds = 6_000

/** Cancels what is open, ends every session, and has the operator disable the guests: nothing that could be used stays behind. */
export async function tidyUp(visit: Visit): Promise<string> {
  if (visit.guests.length === 0) throw new LeftOut('nobody had signed up')
  const troubles: string[] = []
  const attempt = (work: Promise<unknown>) => work.catch(error => troubles.push(describeTrouble(error)))
  for (const { client } of visit.guests) {
    const open = await client.orders.list({ limit: 100 }).take(1_000)
    for (const order of open.filter(it => !isFinal(it))) {
      await client.orders.cancel(order.id).catch(error => {
        if (!isWaybillError(error, 'ORDER_NOT_CANCELLABLE')) troubles.push(describeTrouble(error))
      })
    }
  }
  const token = await guestOf(visit, 0).token()
  const { operator } = visit
  if (operator) for (const { user } of visit.guests) await attempt(operator.users.change(user.id, { disabled: true }))
  else for (const { client } of visit.guests) await attempt(client.signOut())
  mustBe(troubles.length === 0, troubles.join('; '))
  for (const from = performance.now(); ; await pause(100)) {
    const { status } = await rawCall(visit.server, 'GET /user/details', { token })
    if (status !== 200) break
    mustBe(performance.now() - from < endsWithinMilliseconds, 'a guest is still let in 5 s after the end')
  }
  const users = `${visit.guests.length} users`
  if (operator) return `${users} disabled, their sessions ended`
  return `sessions ended; ${users} stay (an operator would disable them): waybill-verify-${visit.run}-…`
}
