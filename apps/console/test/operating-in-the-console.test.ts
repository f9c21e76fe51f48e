// What operators do in the console, by the words that they see.
import { mkdir } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type BusyHouse, fillHouse, giveUpMessages } from './a-busy-house.ts'
import { hasBrowser, type RunningConsole, startConsole } from './console.ts'
import { desk, examine } from './examine.ts'

describe.skipIf(!hasBrowser)('operating in the console', () => {
  let console: RunningConsole
  let house: BusyHouse

  beforeAll(async () => {
    console = await startConsole()
    house = await fillHouse(console)
  })
  afterEach(() => console.leave())
  afterAll(() => console?.stop())

  const visit = async (path: string): Promise<Page> =>
    (await console.visit(path, { viewport: desk, as: house.operator })).page

  test('customers neither see the way to these screens nor get in', async () => {
    const { page } = await console.visit('/operations/users', { viewport: desk, as: house.grace })
    await page.getByRole('heading', { name: 'Datasets', level: 1 }).waitFor()
    expect(await page.getByRole('link', { name: 'Users' }).count()).toBe(0)
  })

  test('orders are found by the name of who placed them and by their state, and their page says whose they are', async () => {
    const page = await visit('/operations/live')
    await page.getByRole('link', { name: 'All orders' }).click()
    await page.getByRole('row', { name: /penguins.*Alan Turing.*Waiting for payment/ }).waitFor()
    await page.getByRole('combobox', { name: 'User' }).fill('grace')
    await page.getByRole('option', { name: 'Grace Hopper (grace@example.com)' }).click()
    await page.getByRole('row', { name: /airports and movies.*Grace Hopper/ }).waitFor()
    await expect.poll(() => page.getByRole('row').count()).toBe(3)
    await page.getByLabel('State').selectOption({ label: 'Cancelled' })
    await expect.poll(() => page.getByRole('row').count()).toBe(2)
    await page.getByRole('link', { name: 'cars' }).click()
    await page.getByRole('region', { name: 'For operators' }).getByText('grace@example.com').waitFor()
    expect(await page.getByRole('link', { name: 'Order again' }).count()).toBe(0)
    await page.goBack()
    await page.getByRole('row', { name: /cars.*The payment was declined/ }).waitFor()
    await page.getByRole('link', { name: 'All processes' }).click()
    await page.getByLabel('Status').selectOption({ label: 'Failed' })
    await page.getByRole('row', { name: /unicorns/ }).waitFor()
  })

  test('money is given back within its bounds, and one who is too late is told why', async () => {
    const page = await visit('/operations/payments')
    await page.getByLabel('State').selectOption({ label: 'Paid' })
    await page.getByRole('combobox', { name: 'User' }).fill('grace@')
    await page.getByRole('option', { name: /grace@example.com/ }).click()
    await page
      .getByRole('row', { name: /\$2\.00/ })
      .getByRole('link')
      .first()
      .click()
    await page.getByRole('button', { name: 'Give money back' }).click()
    const dialog = page.getByRole('dialog', { name: 'Give money back' })
    await dialog.getByRole('textbox', { name: 'Amount' }).fill('2.50')
    await dialog.getByText('Only $2.00 are left').waitFor()
    await dialog.getByRole('textbox', { name: 'Amount' }).fill('1.50')
    await dialog.getByLabel('Reason').fill('Airports were old')
    await examine(page, 'operations refund', 'Payment of $2.00')
    await page.setViewportSize(desk)
    await dialog.getByRole('button', { name: 'Go on' }).click()
    await dialog.getByText('This cannot be undone').waitFor()

    const { payments } = house.operator.waybill
    const { id } = await payments.ofOrder(house.delivered.id)
    await payments.refund(id, { amount: 100, reason: 'Somebody else was faster' })
    await dialog.getByRole('button', { name: 'Give $1.50 back' }).click()
    await dialog.getByText('Somebody else gave money back meanwhile').waitFor()
    await dialog.getByText('Up to $1.00, which is left of $2.00').waitFor()
    await dialog.getByRole('textbox', { name: 'Amount' }).fill('0.25')
    await dialog.getByRole('button', { name: 'Go on' }).click()
    await dialog.getByRole('button', { name: 'Give $0.25 back' }).click()
    await page.getByText('Given back').first().waitFor()
    await expect.poll(async () => (await payments.get(id)).refunded_amount).toBe(125)
    await page.getByRole('region', { name: 'Details' }).getByText('$0.75').waitFor()
    const attempts = page.getByRole('region', { name: 'Attempts', exact: true })
    expect(await attempts.getByRole('row', { name: /Give back.*Succeeded.*\$0\.25.*mock_/ }).count()).toBe(1)
  })

  test('a cloud is added, refused where its settings are wrong, checked, priced, and switched off', async () => {
    const folder = `${console.server().home}/archive`
    await mkdir(folder)
    const page = await visit('/operations/clouds')
    await page.getByRole('link', { name: 'Add a cloud' }).click()
    await page.getByLabel('Name').fill('archive')
    await page.getByLabel('Driver').selectOption({ label: 'IBM Cloud Object Storage (ibm)' })
    await page.getByLabel('Bucket').fill('waybill')
    await page.getByLabel('Region').fill('eu-de')
    await page.getByLabel('Endpoint').fill('not an address')
    await page.getByLabel('API key (optional)').fill('secret')
    expect(await page.getByLabel('API key (optional)').getAttribute('type')).toBe('password')
    await page.getByRole('button', { name: 'Add the cloud' }).click()
    await page.getByText('Must be a valid uri').waitFor()

    await page.getByLabel('Driver').selectOption({ label: 'Folder on the server (local)' })
    await page.getByLabel('Folder').fill(folder)
    await page.getByRole('radio', { name: 'By order only' }).check()
    await page.getByRole('button', { name: 'Add the cloud' }).click()
    await page.getByRole('heading', { name: 'ARCHIVE', level: 1 }).waitFor()
    await page.getByText('None yet: nothing can be ordered').waitFor()
    await page.getByRole('button', { name: 'Check ARCHIVE' }).click()
    await page.getByText('It works').waitFor()
    await page.getByText('Your account sees 0 datasets').waitFor()

    await page.getByRole('button', { name: 'Change the price of ARCHIVE' }).click()
    await page.getByLabel('Price of one dataset').fill('12.5')
    await page.getByText('$12.50 a dataset. The API writes it as 1250').waitFor()
    await page.getByRole('combobox', { name: 'Currency' }).fill('JPY')
    await page.getByRole('option', { name: /JPY/ }).click()
    await page.getByLabel('Price of one dataset').fill('1200')
    await page.getByText('¥1,200 a dataset. The API writes it as 1200').waitFor()
    await page.getByRole('button', { name: 'Save the price' }).click()
    await page.getByText('¥1,200 a dataset', { exact: true }).waitFor()

    await page.getByRole('radio', { name: 'Right away' }).check()
    await page.getByRole('button', { name: 'Hand out right away' }).click()
    await page.getByText('Data comes right away from now on').waitFor()
    await page.getByLabel('Folder', { exact: true }).fill(`${folder}/missing`)
    await page.getByRole('button', { name: 'Save the settings' }).click()
    await page.getByText('The new settings are kept').waitFor()
    await page.getByRole('button', { name: 'Check ARCHIVE' }).click()
    await page.getByText('It does not work').waitFor()
    await page.getByRole('button', { name: 'Switch off' }).click()
    await page.getByRole('dialog').getByText('Nobody can register with it').waitFor()
    await page.getByRole('button', { name: 'Switch it off' }).click()
    await page.getByRole('button', { name: 'Switch on' }).waitFor()
    const clouds = await house.operator.waybill.clouds.list()
    expect(clouds).toContainEqual({ name: 'ARCHIVE', driver: 'local', mode: 'immediate', enabled: false })
  })

  test('a user is found, moved to another account, shut out with all sessions, and let in again; the last operator stays', async () => {
    const page = await visit('/operations/users')
    await page.getByLabel('Search').fill('GRACE@ex')
    await page.getByText('1 of 5 users').waitFor()
    await page.getByRole('link', { name: 'Grace Hopper' }).click()
    await page.getByLabel('Account in the cloud').fill('.hidden')
    await page.getByRole('button', { name: 'Change the account' }).click()
    await page.getByText('without a leading dot').waitFor()
    await page.getByLabel('Account in the cloud').fill('grace')
    await page.getByRole('button', { name: 'Change the account' }).click()
    await page.getByText('Their account is grace now').waitFor()
    expect(await house.grace.waybill.me.details()).toMatchObject({ account: 'grace' })

    await page.getByRole('button', { name: 'Disable' }).click()
    await page.getByRole('dialog', { name: 'Disable Grace Hopper?' }).getByText('signed out everywhere').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
    await page.getByText('They are out, everywhere').waitFor()
    await expect(house.grace.waybill.me.details()).rejects.toMatchObject({ code: 'NOT_AUTHENTICATED' })
    await page.getByRole('button', { name: 'Let them in again' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Let them in again' }).click()
    await page.getByRole('button', { name: 'Disable' }).waitFor()

    await page.getByRole('link', { name: 'All users' }).click()
    await page.getByLabel('Search').fill('operator@')
    await page
      .getByRole('row', { name: /Operator/ })
      .getByRole('link')
      .click()
    await page.getByRole('button', { name: 'Make a customer' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Make a customer' }).click()
    await page.getByText('Make somebody else an operator, then try again').waitFor()
  })

  test('an event that waits for a busy service stands in the outbox with its age, until it has gone', async () => {
    const page = await visit('/operations/outbox')
    await page.getByText('Nothing waits').waitFor()
    const payments = new DatabaseSync(`${console.server().home}/payment.sqlite`, { timeout: 5_000 })
    payments.exec('begin immediate')
    const { order } = await house.operator.waybill.me
      .registerCloud('LOCAL')
      .then(() =>
        house.operator.waybill.orders.place({ items: [{ dataset: 'cars' }], payment: { token: 'tok_approve' } }),
      )
    await page.getByRole('row', { name: /order\.created.*about order .*order \d+ s/ }).waitFor()
    await examine(page, 'operations outbox with an event', 'Outbox')
    payments.exec('rollback')
    payments.close()
    await page.getByText('Nothing waits').waitFor()
    const { order_id } = await house.operator.waybill.orders.status(order.id)
    expect(order_id).toBe(order.id)
  })

  test('dead letters are shown with their message; a replay says what came of it, and the audit names the order until then', async () => {
    giveUpMessages(console.server(), house.delivered)
    const page = await visit('/operations/audit')
    await page.getByRole('button', { name: 'Audit', exact: true }).click()
    await page.getByText('2 violations').waitFor()
    await page
      .getByRole('row', { name: /A message about it could not be handled/ })
      .first()
      .waitFor()
    await examine(page, 'operations audit with violations', 'Audit')
    await page.setViewportSize(desk)
    const link = page.getByRole('link', { name: `Order ${house.delivered.id.slice(-6)}` }).first()
    expect(await link.getAttribute('href')).toBe(`#/orders/${house.delivered.id}`)

    await page.getByRole('link', { name: 'Dead letters' }).click()
    const broken = page.getByRole('article', { name: 'payment.declined' })
    await broken.getByRole('button', { name: 'Show the message' }).click()
    await broken.getByText('"specversion": "1.0"').waitFor()
    await broken.getByRole('button', { name: /^Replay/ }).click()
    await broken.getByText('It failed again').waitFor()
    await broken.getByText('6 tries').first().waitFor()
    await page.getByRole('button', { name: 'Replay payment.authorized for order' }).click()
    await page.getByText('payment.authorized was handled').waitFor()
    await expect.poll(() => page.getByRole('article').count()).toBe(1)
  })

  test('a window without orders is audited, too', async () => {
    const page = await visit('/operations/audit')
    await page.getByLabel('Orders placed since').fill('2020-01-01T00:00')
    await page.getByLabel('and before').fill('2019-01-01T00:00')
    await page.getByText('This must be after the beginning').waitFor()
    await page.getByLabel('and before').fill('2020-02-01T00:00')
    await page.getByRole('button', { name: 'Audit', exact: true }).click()
    await page.getByText('The books agree').waitFor()
    await page.getByText('0 orders checked').waitFor()
  })

  test('the live page shows what happens, as charts and as tables, and pauses when asked to', async () => {
    const page = await visit('/operations/live')
    await page.getByText('One process has answered').waitFor()
    const { orders } = house.operator.waybill
    await house.operator.waybill.me.registerCloud('LOCAL')
    await orders.place({ items: [{ dataset: 'cars' }], payment: { token: 'tok_approve' } })
    await expect
      .poll(() => page.getByRole('img', { name: /^Orders and deliveries/ }).getAttribute('aria-label'), {
        timeout: 10_000,
      })
      .toMatch(/Orders: now \S+, at most 0\.\d+\/s/)
    await page.getByRole('button', { name: 'Show tables' }).click()
    await page
      .getByRole('region', { name: 'Orders and deliveries, minute by minute' })
      .getByRole('cell', { name: /0\.\d+\/s/ })
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('Paused: nothing is asked').waitFor()
    let asked = 0
    page.on('request', request => {
      if (request.url().endsWith('/metrics')) asked += 1
    })
    await page.getByRole('button', { name: 'Show charts' }).click()
    expect(asked).toBe(0)
    await page.getByRole('button', { name: 'Go on' }).click()
    await expect.poll(() => asked).toBeGreaterThan(0)
    expect(await page.getByRole('region', { name: 'Ready' }).getByText('Up').count()).toBe(2)
  })
})
