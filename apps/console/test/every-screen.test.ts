// Every screen, light and dark, on a phone and on a desk: axe finds nothing, nothing sticks out, and each is titled and reached by keyboard.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Customer, hasBrowser, type RunningConsole, startConsole, type Visitor } from './console.ts'
import { desk, examine, phone } from './examine.ts'

describe.skipIf(!hasBrowser)('every screen', () => {
  let console: RunningConsole
  let customer: Customer
  let newcomer: Customer
  let visitor: Visitor
  let newVisitor: Visitor
  let delivered: string
  let waiting: string
  let declined: string
  let paymentId: string

  beforeAll(async () => {
    console = await startConsole()
    customer = await console.newCustomer('LOCAL')
    newcomer = await console.newCustomer()
    const { orders } = customer.waybill
    const items = [{ dataset: 'airports' }, { dataset: 'movies', format: 'csv' as const }]
    const first = await orders.place({ items, payment: { token: 'tok_approve' } })
    const second = await orders.place({ items: [{ dataset: 'cars' }], payment: { token: 'tok_decline' } })
    const third = await orders.place({ items: [{ dataset: 'penguins' }], payment: { mode: 'later' } })
    await first.finished()
    await second.finished().catch(() => {})
    delivered = first.order.id
    paymentId = (await customer.waybill.payments.ofOrder(delivered)).id
    declined = second.order.id
    waiting = third.order.id
    visitor = await console.visit('/callbacks', { viewport: desk, as: customer })
    newVisitor = await console.visit('/callbacks', { viewport: desk, as: newcomer })
  })
  afterAll(() => console?.stop())

  test.each([
    ['sign-in', '/sign-in', 'Sign in'],
    ['sign-up', '/sign-up', 'Make an account'],
  ])('%s is readable by everybody, everywhere', async (name, path, heading) => {
    const { page, complaints } = await console.visit(path)
    if (name === 'sign-up') await page.getByRole('radio', { name: /LOCAL/ }).waitFor()
    await examine(page, name, heading)
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test.each([
    ['datasets without a cloud', '/datasets', 'Datasets', 'Choose your cloud first'],
    ['orders without any', '/orders', 'Orders', 'No orders yet'],
    ['new order without a cloud', '/orders/new', 'New order', 'Choose your cloud first'],
    ['cloud not chosen', '/cloud', 'Your cloud', 'You have not chosen a cloud yet'],
  ])('%s says what to do next, readable by everybody, everywhere', async (name, path, heading, words) => {
    const { page, complaints } = newVisitor
    await page.goto(`${console.url}/#${path}`)
    await page.getByText(words).waitFor()
    await examine(page, name, heading)
    expect(complaints).toEqual([])
  })

  test.each([
    ['datasets', () => '/datasets', 'Datasets', 'airports'],
    ['dataset', () => '/datasets/airports', 'airports', 'Thigpen'],
    ['new order', () => '/orders/new?dataset=airports', 'New order', 'Total $1.00'],
    ['orders', () => '/orders', 'Orders', 'Delivered'],
    ['order delivered', () => `/orders/${delivered}`, 'airports and movies', 'The order was delivered'],
    ['order waiting', () => `/orders/${waiting}`, 'penguins', 'The order waits for you to pay'],
    ['order declined', () => `/orders/${declined}`, 'cars', 'The order was cancelled'],
    ['order of nobody', () => '/orders/01a20298-6909-7c87-b51e-298addeac63e', 'Order', 'There is no such order'],
    ['processes', () => '/processes', 'Processes', 'Finished'],
    ['payments', () => '/payments', 'Payments', 'Paid'],
    ['payment', () => `/payments/${paymentId}`, 'Payment of $2.00', 'Attempts at the gateway'],
    ['mistyped', () => '/orders/mistyped', 'Order', 'This address leads nowhere'],
    ['cloud', () => '/cloud', 'Your cloud', 'You are registered with LOCAL'],
    ['callbacks', () => '/callbacks', 'Callbacks', 'Your secret'],
    ['account', () => '/account', 'Your account', 'Current password'],
    ['nowhere', () => '/nowhere', 'Nothing is here', 'This address leads nowhere'],
  ])('%s is readable by everybody, everywhere', async (name, path, heading, words) => {
    const { page, complaints } = visitor
    await page.goto(`${console.url}/#${path()}`)
    await page.getByRole('main').getByText(words).filter({ visible: true }).first().waitFor()
    await examine(page, name, heading)
    expect(complaints).toEqual([])
  })

  test('dialogs are readable by everybody, everywhere, and give the focus back', async () => {
    const { page } = visitor
    await page.goto(`${console.url}/#/orders/${waiting}`)
    const button = page.getByRole('button', { name: /^Pay/ })
    await button.click()
    await page.getByRole('dialog').waitFor()
    await examine(page, 'paying', 'penguins')
    await page.keyboard.press('Escape')
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Pay $1.00')
  })

  test('by keyboard alone: past the navigation to the content, and to another screen, whose heading takes the focus', async () => {
    const { page } = await console.visit('/datasets', { viewport: desk, as: customer })
    await page.getByRole('link', { name: 'airports', exact: true }).waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).toBe('main')
    await page.getByRole('link', { name: 'Orders', exact: true }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Orders', level: 1 }).waitFor()
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Orders')
    expect(await page.title()).toBe('Orders · Waybill')
  })

  test('on a phone the navigation opens by its button and closes when a screen is chosen', async () => {
    const { page } = await console.visit('/datasets', { viewport: phone, as: customer })
    await page.getByRole('button', { name: 'Open the navigation' }).click()
    await page.getByRole('link', { name: 'Payments' }).click()
    await page.getByRole('heading', { name: 'Payments', level: 1 }).waitFor()
    await page.getByRole('button', { name: 'Open the navigation' }).waitFor()
  })

  test('light or dark is chosen in the header and kept', async () => {
    const { page } = await console.visit('/datasets', { viewport: desk, as: customer, colorScheme: 'light' })
    await page.getByRole('button', { name: 'Use dark colours' }).click()
    await page.reload()
    await page.getByRole('button', { name: 'Use light colours' }).waitFor()
  })
})
