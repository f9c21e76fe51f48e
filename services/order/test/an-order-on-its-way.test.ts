import type { OrderTransition } from '@waybill/contracts'
import { call, type TestHost } from '@waybill/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { placeOrder, showOrder, showProcess, startOrderService, tell } from './an-order-and-its-events.ts'

let host: TestHost

beforeAll(async () => {
  host = await startOrderService()
})
afterAll(() => host.stop())

test('an order that is paid and exported ends delivered, with its process at 100 % and its whole history', async () => {
  const { token, principal } = host.users.signIn({ account: 'ann' })
  const placed = await placeOrder(host, token, { items: [{ dataset: 'airports', format: 'csv' }] })
  const { id, process_id } = placed.order
  expect(placed.order).toMatchObject({
    state: 'created',
    amount: 100,
    currency: 'USD',
    payment_mode: 'now',
    version: 1,
  })
  expect(placed.process).toMatchObject({
    status: 0,
    state: 'under_process',
    percentage: 0,
    step: 'authorizing_payment',
  })
  const created = await host.broker.waitFor('order.created', id)
  expect(created.data).toEqual({
    order_id: id,
    process_id,
    user_id: principal.user_id,
    cloud: 'LOCAL',
    account: 'ann',
    items: [{ dataset: 'airports', format: 'csv' }],
    amount: 100,
    currency: 'USD',
    payment_mode: 'now',
    gateway: null,
    payment_token: null,
  })

  await tell.authorized(host, placed)
  expect((await showOrder(host, token, id)).state).toBe('confirmed')
  expect(await showProcess(host, token, process_id)).toMatchObject({ status: 0, step: 'exporting', data_url: null })
  expect((await host.broker.waitFor('order.confirmed', id)).data).toMatchObject({ account: 'ann', process_id })

  await tell.progressed(host, placed, 60, 'exporting airports')
  expect(await showProcess(host, token, process_id)).toMatchObject({ percentage: 60, step: 'exporting airports' })

  await tell.finished(host, placed)
  expect(await showOrder(host, token, id)).toMatchObject({ state: 'delivered', version: 3, cancel_reason: null })
  const process = await showProcess(host, token, process_id)
  expect(process).toMatchObject({ status: 1, state: 'success', percentage: 100, step: 'delivered', eta_seconds: null })
  expect(process.data_url).toBe(`/data?process_id=${process_id}`)
  expect(process.finished_at).not.toBeNull()
  expect((await host.broker.waitFor('order.delivered', id)).data).toMatchObject({ amount: 100, currency: 'USD' })

  const history = await call<OrderTransition[]>(host.url, `GET /order/${id}/history`, { token })
  expect(history.body.data.map(({ from, to, reason }) => [from, to, reason])).toEqual([
    [null, 'created', null],
    ['created', 'confirmed', null],
    ['confirmed', 'delivered', null],
  ])
})
