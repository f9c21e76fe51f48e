// A customer's journey through the console, by the words that they see.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { FakeStripe } from '../../../services/payment/test/fake-stripe.ts'
import { hasBrowser, password, type RunningConsole, startConsole } from './console.ts'

/** Where a browser cannot write a file as it comes. */
const withoutFilePicker = 'delete window.showSaveFilePicker'

describe.skipIf(!hasBrowser)('ordering in the console', () => {
  let console: RunningConsole
  let stripe: FakeStripe

  beforeAll(async () => {
    stripe = await new FakeStripe().start()
    const { key: STRIPE_SECRET_KEY, url: STRIPE_API_BASE } = stripe
    console = await startConsole({ CALLBACK_ALLOW_PRIVATE: 'true', STRIPE_SECRET_KEY, STRIPE_API_BASE })
  })
  afterEach(() => console.leave())
  afterAll(async () => {
    await console?.stop()
    await stripe?.stop()
  })

  test('a newcomer signs up with a cloud, looks at their data, orders it, sees it delivered and downloads what the manifest says', async () => {
    const { page, complaints } = await console.visit('/', { before: withoutFilePicker, acceptDownloads: true })
    await page.getByRole('link', { name: 'Make an account' }).click()
    await page.getByLabel('Name').fill('Grace Hopper')
    await page.getByLabel('E-mail').fill('grace@example.com')
    await page.getByLabel('Password', { exact: true }).fill(password)
    await expect.poll(() => page.getByRole('radio', { name: /LOCAL.*\$1\.00/ }).isEnabled()).toBe(true)
    expect(await page.getByRole('radio', { name: /AWS.*Not set up/ }).isDisabled()).toBe(true)
    await page.getByRole('radio', { name: /LOCAL/ }).click()
    await page.getByRole('button', { name: 'Make the account' }).click()

    await page.getByRole('link', { name: 'airports', exact: true }).click()
    await page.getByRole('heading', { name: 'airports', level: 1 }).waitFor()
    await page.getByRole('cell', { name: 'Thigpen' }).waitFor()
    await page.getByRole('button', { name: 'Show more records' }).click()
    await page.getByText('The first 50 records').waitFor()

    await page.getByRole('link', { name: 'Order an export' }).click()
    expect(await page.getByRole('checkbox', { name: /airports/ }).isChecked()).toBe(true)
    await page.getByRole('checkbox', { name: /movies/ }).click()
    await page.getByLabel('Format of movies').selectOption('csv')
    await page.getByText('Total $2.00').waitFor()
    await page.getByRole('button', { name: 'Order and pay' }).click()

    await page.getByRole('button', { name: 'Download movies.csv' }).waitFor()
    await page.getByText('The order was delivered at').waitFor()
    await page.getByRole('region', { name: 'Payment' }).getByText('Paid').waitFor()
    await page.getByRole('button', { name: 'Preview of airports' }).click()
    await page.getByRole('cell', { name: 'Thigpen' }).waitFor()

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download movies.csv' }).click(),
    ])
    expect(download.suggestedFilename()).toBe('movies.csv')
    const sha256 = createHash('sha256')
      .update(await readFile(await download.path()))
      .digest('hex')
    await page.getByText(sha256).waitFor()
    await page.getByText('Its checksum is right').waitFor()
    expect(complaints).toEqual([])
  })

  test('a browser that writes files as they come is handed the bytes one after another, and the file is closed at the end', async () => {
    const customer = await console.newCustomer('LOCAL')
    const placed = await customer.waybill.orders.place({
      items: [{ dataset: 'cars' }],
      payment: { token: 'tok_approve' },
    })
    await placed.finished()
    const { files } = await customer.waybill.data.manifest(placed.process.process_id)
    const { page } = await console.visit(`/orders/${placed.order.id}`, { as: customer, before: rememberingFilePicker })
    await page.getByRole('button', { name: 'Download cars.ndjson' }).click()
    await page.getByText('cars.ndjson is downloaded').waitFor()
    expect(await page.evaluate('window.saved')).toEqual({ name: 'cars.ndjson', bytes: files[0]!.bytes, closed: true })
  })

  test('an order to be paid later waits, is paid from its page, and is delivered', async () => {
    const page = await orderLater()
    await page.getByText('The order waits for you to pay').waitFor()
    await page.getByRole('button', { name: 'Pay $1.00' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Pay $1.00' }).click()
    await page.getByRole('button', { name: 'Download cars.ndjson' }).waitFor()
    // The delivery may be shown a moment before the explanation says that nothing can be done any more.
    await page.getByRole('button', { name: 'Cancel the order' }).waitFor({ state: 'detached' })
  })

  test('where Stripe is set up one may pay by it, with what Stripe gave and never with the number of a card; its reference is shown', async () => {
    const page = await orderLater()
    await page.getByRole('button', { name: 'Pay $1.00' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Pay by').selectOption({ label: 'Stripe' })
    expect(await dialog.getByLabel('Test card').count()).toBe(0)
    const method = dialog.getByLabel('Payment method at Stripe')
    await method.fill('4242424242424242')
    await dialog.getByRole('button', { name: 'Pay $1.00' }).click()
    expect(await dialog.locator('input:invalid').count()).toBe(1)
    await method.fill('pm_card_visa')
    await dialog.getByRole('button', { name: 'Pay $1.00' }).click()
    await page.getByText('The order was delivered at').waitFor()
    await page.getByText('$1.00 by stripe').waitFor()
    await page.getByRole('button', { name: 'Times and requests' }).click()
    await page.getByRole('list', { name: 'Story of the order' }).getByText(', request 0').first().waitFor()
    await page.getByRole('link', { name: 'Every attempt at the gateway' }).click()
    await page.getByRole('row', { name: /Reserve.*Succeeded.*pi_/ }).waitFor()
    expect(await page.getByRole('button', { name: 'Give money back' }).count()).toBe(0)
  })

  test('an order that waits is cancelled after a question, and its page says who did it', async () => {
    const page = await orderLater()
    await page.getByRole('button', { name: 'Cancel the order' }).click()
    await page.getByRole('dialog', { name: 'Cancel this order?' }).getByRole('button', { name: 'Keep it' }).click()
    await page.getByRole('button', { name: 'Cancel the order' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the order' }).click()
    await page.getByText('The order was cancelled by you').waitFor()
    await page.getByRole('region', { name: 'Payment' }).getByText('Released').waitFor()
  })

  test('a card that is declined cancels the order, and the lists say so when they are narrowed to it', async () => {
    const customer = await console.newCustomer('LOCAL')
    const { page } = await console.visit('/orders/new?dataset=cars', { as: customer })
    await page.getByLabel('Test card').selectOption({ label: 'Declined (tok_decline)' })
    await page.getByRole('button', { name: 'Order and pay' }).click()
    await page.getByText('The order was cancelled because').waitFor()
    await page.getByRole('region', { name: 'Payment' }).getByText('Declined: card declined').waitFor()

    await page.getByRole('link', { name: 'Order again' }).click()
    expect(await page.getByRole('checkbox', { name: /cars/ }).isChecked()).toBe(true)
    await page.getByRole('link', { name: 'Orders', exact: true }).click()
    await page.getByLabel('State').selectOption({ label: 'Delivered' })
    await page.getByText('No order is “Delivered”').waitFor()
    await page.getByRole('link', { name: 'Show all orders' }).click()
    await page.getByRole('row', { name: /cars.*Cancelled.*\$1\.00/ }).waitFor()
    await page.getByRole('link', { name: 'Processes' }).click()
    await page.getByLabel('Status').selectOption({ label: 'Failed' })
    await page.getByRole('row', { name: /payment was declined.*Failed/ }).waitFor()
    await page.getByRole('link', { name: 'Payments' }).click()
    await page.getByLabel('State').selectOption({ label: 'Paid' })
    await page.getByText('None of your payments is in this state.').waitFor()
    await page.getByLabel('State').selectOption({ label: 'Declined' })
    await page.getByRole('row', { name: /Declined.*\$1\.00/ }).waitFor()
  })

  test('an address that may not be called back is refused at its field, and nothing is ordered', async () => {
    const customer = await console.newCustomer('LOCAL')
    const { page } = await console.visit('/orders/new?dataset=cars', { as: customer })
    await page.getByLabel('Call this address').fill('ftp://example.com/')
    await page.getByRole('button', { name: 'Order and pay' }).click()
    const field = page.getByLabel('Call this address')
    await expect.poll(() => field.getAttribute('aria-invalid')).toBe('true')
    expect(await page.getByRole('alert').count()).toBe(0)
    expect(await customer.waybill.orders.list().take(1)).toEqual([])
  })

  test('every attempt to call back is listed, and one more is made on request', async () => {
    const receiver = createServer((request, response) => {
      request.resume()
      response.writeHead(204).end()
    })
    await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve))
    const { port } = receiver.address() as AddressInfo
    const customer = await console.newCustomer('LOCAL')
    const { page } = await console.visit('/orders/new?dataset=cars', { as: customer })
    await page.getByLabel('Call this address').fill(`http://127.0.0.1:${port}/`)
    await page.getByRole('button', { name: 'Order and pay' }).click()
    const story = page.getByRole('list', { name: 'Story of the order' })
    await story.getByText('Callback 1 to').waitFor()
    await page.getByRole('button', { name: 'Call back once more' }).click()
    await story.getByText('Callback 2 to').waitFor()
    receiver.close()
  })

  test('the secret of callbacks is shown on request, and replaced after a word about what that means', async () => {
    const customer = await console.newCustomer('LOCAL')
    const { page } = await console.visit('/callbacks', { as: customer })
    const secret = page.getByRole('group', { name: 'Secret' })
    expect(await secret.count()).toBe(0)
    await page.getByRole('button', { name: 'Show the secret' }).click()
    await secret.waitFor()
    const before = await secret.textContent()
    expect(before).toBe(await customer.waybill.callbacks.secret())
    await page.getByRole('button', { name: 'Make a new secret' }).click()
    const dialog = page.getByRole('dialog', { name: 'Make a new secret?' })
    await dialog.getByText('For 24 hours').waitFor()
    await dialog.getByRole('button', { name: 'Make a new secret' }).click()
    await expect.poll(() => secret.textContent()).not.toBe(before)
    expect(await secret.textContent()).toBe(await customer.waybill.callbacks.secret())
  })

  test('name and password are changed on the account page, a wrong current password is said at its field', async () => {
    const customer = await console.newCustomer('LOCAL')
    const { page } = await console.visit('/account', { as: customer })
    await page.getByRole('textbox', { name: 'Name' }).fill('Countess of Lovelace')
    await page.getByRole('button', { name: 'Change the name' }).click()
    await page.getByRole('banner').getByText('Countess of Lovelace').waitFor()
    await page.getByLabel('Current password').fill('something else')
    await page.getByLabel('New password').fill('battery horse correct')
    await page.getByRole('button', { name: 'Change the password' }).click()
    await page.getByText('This is not your current password.').waitFor()
    await page.getByLabel('Current password').fill(password)
    await page.getByRole('button', { name: 'Change the password' }).click()
    await page.getByText('Password changed').waitFor()
    await customer.waybill.signIn({ email: customer.email, password: 'battery horse correct' })
  })

  test('a cloud that works by order only says so, and datasets are ordered by their names', async () => {
    const customer = await console.newCustomer('LOCAL')
    const { clouds } = (await console.operator()).waybill
    await clouds.change('LOCAL', { mode: 'order' })
    const { page } = await console.visit('/datasets', { as: customer })
    await page.getByText('Your cloud hands data out by order').waitFor()
    await page.getByRole('link', { name: 'Order an export' }).click()
    await page.getByLabel('Name of a dataset').fill('cars')
    await page.keyboard.press('Enter')
    await page.getByText('Total $1.00').waitFor()
    await page.getByRole('button', { name: 'Order and pay' }).click()
    await page.getByRole('button', { name: 'Preview of cars' }).click()
    await page.getByRole('region', { name: 'Delivered records of cars' }).waitFor()
    await clouds.change('LOCAL', { mode: 'immediate' })
  })

  test('the page of an order goes on by itself when the server is killed and started again', async () => {
    const page = await orderLater()
    await page.getByRole('button', { name: 'Pay $1.00' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Test card').selectOption({ label: 'Slow (tok_slow)' })
    await dialog.getByRole('button', { name: 'Pay $1.00' }).click()
    await dialog.waitFor({ state: 'hidden' })
    await console.server().kill()
    await console.restart()
    await page.getByRole('button', { name: 'Download cars.ndjson' }).waitFor({ timeout: 30_000 })
  })

  async function orderLater(): Promise<Page> {
    const customer = await console.newCustomer('LOCAL')
    const { page } = await console.visit('/orders/new?dataset=cars', { as: customer })
    await page.getByRole('radio', { name: 'Later' }).click()
    await page.getByRole('button', { name: 'Order, pay later' }).click()
    return page
  }
})

/** Stands for the disk: what a headless browser has no dialog for. */
const rememberingFilePicker = `
  window.showSaveFilePicker = async ({ suggestedName }) => {
    const saved = (window.saved = { name: suggestedName, bytes: 0, closed: false })
    return {
      createWritable: async () =>
        new WritableStream({
          write(chunk) { saved.bytes += chunk.length },
          close() { saved.closed = true },
        }),
    }
  }
`
