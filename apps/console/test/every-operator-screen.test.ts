// Every screen of those who run the server, light and dark, on a phone and on a desk: axe finds nothing, and nothing sticks out.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BusyHouse, fillHouse, giveUpMessages } from './a-busy-house.ts'
import { hasBrowser, type RunningConsole, startConsole, type Visitor } from './console.ts'
import { desk, examine } from './examine.ts'

describe.skipIf(!hasBrowser)('every screen of operators', () => {
  let console: RunningConsole
  let house: BusyHouse
  let paymentId: string
  let visitor: Visitor

  beforeAll(async () => {
    console = await startConsole()
    house = await fillHouse(console)
    giveUpMessages(console.server(), house.delivered)
    paymentId = (await house.operator.waybill.payments.ofOrder(house.refunded.id)).id
    visitor = await console.visit('/operations/outbox', { as: house.operator })
  })
  afterAll(() => console?.stop())

  test.each([
    ['all orders', () => '/operations/orders', 'All orders', 'grace@example.com'],
    ['order of somebody', () => `/orders/${house.delivered.id}`, 'airports and movies', 'Payment and refund'],
    ['all processes', () => '/operations/processes', 'All processes', 'Finished'],
    ['all payments', () => '/operations/payments', 'All payments', '$0.40 given back'],
    ['payment', () => `/operations/payments/${paymentId}`, 'Payment of $1.00', 'Reference at the gateway'],
    ['users', () => '/operations/users', 'Users', 'grace@example.com'],
    ['user', () => `/operations/users/${house.newcomerId}`, 'Katherine Johnson', 'May sign in'],
    ['clouds and prices', () => '/operations/clouds', 'Clouds and prices', '$1.00 a dataset'],
    ['new cloud', () => '/operations/clouds/new', 'Add a cloud', 'Secret access key'],
    ['cloud of operators', () => '/operations/clouds/AZURE', 'AZURE', 'Connection string'],
    ['outbox', () => '/operations/outbox', 'Outbox', 'Nothing waits'],
    ['dead letters', () => '/operations/dead-letters', 'Dead letters', 'data.payment_id is required'],
    ['audit', () => '/operations/audit', 'Audit', 'Orders placed since'],
    ['live', () => '/operations/live', 'Live', 'One process has answered in the last minute'],
  ])('%s is readable by everybody, everywhere', async (name, path, heading, words) => {
    const { page, complaints } = visitor
    await page.setViewportSize(desk)
    await page.goto(`${console.url}/#${path()}`)
    await page.getByRole('main').getByText(words).filter({ visible: true }).first().waitFor()
    await examine(page, `operations ${name}`, heading)
    expect(complaints).toEqual([])
  })
})
