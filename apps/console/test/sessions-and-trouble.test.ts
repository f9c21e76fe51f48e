// What the console does when a session ends, tabs disagree, or the server keeps silent.
import { Waybill } from '@waybill/sdk'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, password, type RunningConsole, startConsole } from './console.ts'

describe.skipIf(!hasBrowser)('sessions and trouble in the console', () => {
  let console: RunningConsole

  beforeAll(async () => {
    // Tokens that end before the SDK's margin: every call needs a new one, in every tab.
    console = await startConsole({ JWT_EXPIRES_IN: '4s' })
  })
  afterEach(() => console.leave())
  afterAll(() => console?.stop())

  test('a session that ended on the server leads to sign-in, which says so and leads back', async () => {
    const customer = await console.newCustomer('LOCAL')
    const { page } = await console.visit('/orders?state=delivered', { as: customer })
    await page.getByText('No order is “Delivered”').waitFor()
    await endSessions(customer.email)
    await page.getByRole('link', { name: 'Payments' }).click()
    await page.getByText('Your session has ended').waitFor()
    await page.getByLabel('E-mail').fill(customer.email)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Payments', level: 1 }).waitFor()
  })

  test('whoever comes without a session is led back to where they wanted to go', async () => {
    const { email } = await console.newCustomer('LOCAL')
    const { page } = await console.visit('/datasets/airports')
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'airports', level: 1 }).waitFor()
  })

  test('a wrong password is refused with a sentence and the id of the request', async () => {
    const { email } = await console.newCustomer()
    const { page } = await console.visit('/sign-in')
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Password', { exact: true }).fill('not the password')
    await page.getByRole('button', { name: 'Sign in' }).click()
    const alert = page.getByRole('alert')
    await alert.getByText('The credentials are not valid').waitFor()
    expect(await alert.textContent()).toMatch(/Request [0-9a-f-]{36}/)
  })

  test('tabs that need a new token at the same moment keep the session, and signing out in one signs out the other', async () => {
    const customer = await console.newCustomer('LOCAL')
    const { page } = await console.visit('/datasets', { as: customer })
    const other = await page.context().newPage()
    await other.goto(`${console.url}/#/orders`)
    await page.getByRole('link', { name: 'airports', exact: true }).waitFor()
    for (const name of ['Payments', 'Account', 'Cloud']) {
      await Promise.all([page, other].map(tab => tab.getByRole('link', { name, exact: true }).click()))
      await Promise.all([page, other].map(tab => tab.getByRole('heading', { level: 1, name }).waitFor()))
    }
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await other.getByText('You signed out in another tab.').waitFor()
  })

  test('a server that never answers is given up with a sentence and a way to ask again', async () => {
    const customer = await console.newCustomer('LOCAL')
    const { page } = await console.visit('/account', { as: customer })
    await page.getByLabel('Current password').waitFor()
    await page.clock.install()
    let answers = false
    await page.route(/\/payments(\?|$)/, route => (answers ? route.continue() : undefined))
    await page.getByRole('link', { name: 'Payments' }).click()
    await page.getByText('Loading payments').waitFor()
    await page.clock.fastForward(6_000)
    await page.getByText('This takes longer than usual.').waitFor()
    for (let seconds = 0; seconds < 40; seconds += 4) await page.clock.runFor(4_000)
    await page.getByRole('alert').getByText('was not answered within').waitFor()
    answers = true
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('No payments yet').waitFor()
  })

  test('a screen whose file is gone, as after a new version, says so and is there again when the page is loaded anew', async () => {
    const customer = await console.newCustomer('LOCAL')
    const { page } = await console.visit('/datasets', { as: customer })
    await page.getByRole('link', { name: 'airports', exact: true }).waitFor()
    await page.route('**/assets/payments-screen*', route => route.fulfill({ status: 404 }))
    await page.getByRole('link', { name: 'Payments' }).click()
    await page.getByRole('alert').getByText('This screen could not be loaded').waitFor()
    await page.unrouteAll()
    await page.getByRole('button', { name: 'Load the page again' }).click()
    await page.getByText('No payments yet').waitFor()
  })

  /** A new password ends every session but that of whoever changes it. */
  async function endSessions(email: string): Promise<void> {
    const elsewhere = new Waybill({ server: console.url })
    await elsewhere.signIn({ email, password })
    await elsewhere.me.change({ password: 'another good password', current_password: password })
    await elsewhere.me.change({ password, current_password: 'another good password' })
  }
})
