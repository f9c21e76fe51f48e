// The page of an order says where it is, why, what comes next and what may be done about it, while that changes.
import type { NewOrder, Order } from '@waybill/sdk'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type MclassSimulator, startMclassSimulator } from '../../../services/data/simulator/start-mclass-simulator.ts'
import { type Receiver, startReceiver } from '../../../services/order/test/a-receiver-of-callbacks.ts'
import { giveUpMessages } from './a-busy-house.ts'
import { type Customer, hasBrowser, type RunningConsole, startConsole } from './console.ts'
import { desk, examine } from './examine.ts'

const cards: Record<string, string> = { tok_approve: 'Approved (tok_approve)', tok_outage: 'Outage (tok_outage)' }

/** What a screen reader is told, in its order. */
const hearAnnouncements = `
  window.heard = []
  new MutationObserver(() => {
    const now = document.querySelector('section[aria-label="Where the order is"] > [role=status]')?.textContent
    if (now && now !== window.heard.at(-1)) window.heard.push(now)
  }).observe(document, { subtree: true, childList: true, characterData: true })
`

describe.skipIf(!hasBrowser)('following an order in the console', () => {
  let console: RunningConsole
  let receiver: Receiver
  let slowCloud: MclassSimulator
  let customer: Customer

  beforeAll(async () => {
    console = await startConsole({ CALLBACK_ALLOW_PRIVATE: 'true' })
    receiver = await startReceiver()
    customer = await console.newCustomer('LOCAL')
    const records = Array.from({ length: 20_000 }, (_, at) => `{"at":${at}}`)
    const dataset = { name: 'long', records, updatedAt: new Date().toISOString() }
    slowCloud = await startMclassSimulator({ datasetsOf: () => [dataset] })
    await (await console.operator()).waybill.clouds.change('MCLASS', {
      settings: { url: slowCloud.url, client_id: 'waybill', client_secret: 'mclass-secret' },
    })
  })
  afterEach(() => console.leave())
  afterAll(async () => {
    await receiver?.stop()
    await slowCloud?.stop()
    await console?.stop()
  })

  // There are two seconds to press the button in: a machine that is busy may miss them.
  test('an order whose gateway is out of order shows the failing step with its countdown, and trying now makes it go on', {
    retry: 2,
  }, async () => {
    const order = await place({ payment: { mode: 'later' } })
    const { page, complaints } = await open(order, { before: hearAnnouncements })
    await pay(page, 'tok_outage')
    const trouble = page.getByRole('region', { name: 'Trouble' })
    await trouble.getByText('the mock gateway is out of order').waitFor()
    await trouble.getByText('Attempt 2', { exact: true }).waitFor()
    await trouble.getByText('authorize', { exact: true }).waitFor()
    const countdown = trouble.getByText(/^in \d s$/)
    const due = (await countdown.getAttribute('datetime'))!
    const asked = new Date().toISOString()
    await page.getByRole('button', { name: 'Try now' }).click()
    await page.getByText('What waited is under way: Payment.').waitFor()
    await page.getByText('The order was delivered at').waitFor()
    await page.getByText('Nothing more will happen by itself.', { exact: true }).waitFor()
    expect(await trouble.count()).toBe(0)
    expect(await page.getByRole('button', { name: /Try now|Cancel/ }).count()).toBe(0)

    const { entries } = await customer.waybill.orders.explain(order.id)
    const tries = entries.filter(({ kind }) => kind === 'payment.authorize')
    const next = tries.find(({ at }) => at > asked)
    expect(tries).toHaveLength(3)
    expect(next!.at < due, `${next!.at} before ${due}`).toBe(true)
    const steps = story(page)
      .getByRole('listitem')
      .filter({ hasText: 'Authorizing 1.00 USD' })
      .filter({ hasNot: page.getByRole('list') })
    expect(await steps.allTextContents()).toEqual([
      expect.stringMatching(/^Failed: .*Attempt 1/),
      expect.stringMatching(/^Failed: .*Attempt 2/),
      expect.stringMatching(/^Done: .*Attempt 3/),
    ])
    const heard = (await page.evaluate('window.heard')) as string[]
    expect(heard).toContain('Trouble in the payment service: attempt 1 to authorize failed.')
    expect(heard.at(-1)).toBe('Delivered. Nothing more will happen by itself.')
    expect(heard.join()).not.toContain('%')
    expect(complaints).toEqual([])
  })

  test('a callback that is refused is tried now; too soon after that the page says how long to wait; once it got through it is sent again on request', async () => {
    receiver.answer = 503
    const order = await place({ payment: { token: 'tok_approve' }, callback_url: receiver.url })
    const { page } = await open(order)
    const trouble = page.getByRole('region', { name: 'Trouble' })
    await trouble.getByText('answered 503').waitFor()
    const before = receiver.received.length
    await page.getByRole('button', { name: 'Try now' }).click()
    await expect.poll(() => receiver.received.length).toBe(before + 1)
    await trouble.getByText(`Attempt ${before + 1}`).waitFor()
    await page.getByRole('button', { name: 'Try now' }).click()
    await page.getByText(/^You may try again in [1-5] s\.$/).waitFor()
    await page.getByText('It was tried a moment ago').waitFor({ state: 'detached' })
    receiver.answer = 204
    await page.getByRole('button', { name: 'Try now' }).click()
    await page.getByRole('button', { name: 'Call back once more' }).click()
    await page.getByText('Called again').waitFor()
    await story(page)
      .getByText(`Callback ${before + 3} to`)
      .waitFor()
    expect(await trouble.count()).toBe(0)
  })

  test('an order to be paid later says until when, counts it down, and goes on once it is paid', async () => {
    const order = await place({ payment: { mode: 'later' } })
    const { page } = await open(order)
    await page.getByText('The order waits for you to pay 1.00 USD.').waitFor()
    const next = page.getByText('You pay it; if that has not happened by')
    expect(await next.textContent()).toMatch(
      /by \w+ \d+, \d{4}, .* \(in (30 min 0 s|29 min \d+ s)\), the order is cancelled\.$/,
    )
    expect(await page.getByRole('button', { name: /Pay|Cancel/ }).allTextContents()).toEqual([
      'Pay $1.00',
      'Cancel the order',
    ])
    await pay(page, 'tok_approve')
    await page.getByText('The order was delivered at').waitFor()
  })

  test('an order that was cancelled says why, and offers nothing to be done but to order again', async () => {
    const order = await place({ payment: { token: 'tok_decline' } })
    const { page } = await open(order)
    await page.getByText('The order was cancelled because the payment was declined: card declined.').waitFor()
    await story(page).getByText('Authorizing 1.00 USD at gateway mock was declined: card declined.').waitFor()
    expect(await page.getByRole('region', { name: 'Where the order is' }).getByRole('button').count()).toBe(0)
    await page.getByRole('link', { name: 'Order again' }).waitFor()
  })

  test('an operator sees the message that was given up with its error, and has it handled once more; its owner sees neither', async () => {
    const order = await place({ payment: { token: 'tok_approve' } })
    await ended(order)
    giveUpMessages(console.server(), order, ['payment.authorized'])
    const { page: owners } = await open(order)
    await owners.getByRole('region', { name: 'Trouble' }).getByText('handle payment.authorized').waitFor()
    expect(await owners.getByText('the database was away').count()).toBe(0)
    expect(await owners.getByRole('button', { name: 'Replay the dead letters' }).count()).toBe(0)

    const { page } = await open(order, { as: await console.operator() })
    await page.getByRole('region', { name: 'Trouble' }).getByText('the database was away').waitFor()
    await page.getByRole('button', { name: 'Replay the dead letters' }).click()
    await page.getByText('What comes of it appears here: payment.authorized.').waitFor()
    for (const seen of [page, owners]) {
      await seen.getByText('Nothing more will happen by itself.', { exact: true }).waitFor()
      expect(await seen.getByRole('region', { name: 'Trouble' }).count()).toBe(0)
    }
  })

  test('a connection that is lost is said, and the page goes on when the server is back', async () => {
    const order = await place({ payment: { mode: 'later' } })
    const { page } = await open(order)
    await page.getByText('The order waits for you to pay').waitFor()
    const lost = page.getByText('What you see may be old.')
    await console.server().kill()
    await lost.waitFor()
    await console.restart()
    await lost.waitFor({ state: 'detached', timeout: 30_000 })
    // Nobody looks while it comes back.
    await console.server().kill()
    await lost.waitFor()
    await page.evaluate(becoming('hidden'))
    await console.restart()
    await page.evaluate(becoming('visible'))
    await lost.waitFor({ state: 'detached', timeout: 30_000 })
    await customer.waybill.payments.pay({ order_id: order.id, token: 'tok_approve' })
    await page.getByText('The order was delivered at').waitFor()
  })

  test('the stream is left when nobody looks, taken up again when somebody does, and left with the page', async () => {
    const order = await place({ payment: { mode: 'later' } })
    const { page } = await open(order)
    const streams = { begun: 0, left: 0 }
    page.on('request', request => request.url().endsWith('/explain') && streams.begun++)
    page.on('requestfailed', request => request.url().endsWith('/explain') && streams.left++)
    await page.getByText('The order waits for you to pay').waitFor()
    await page.evaluate(becoming('hidden'))
    await expect.poll(() => streams.left).toBe(1)
    const begun = streams.begun
    await page.evaluate(becoming('visible'))
    await expect.poll(() => streams.begun).toBe(begun + 1)
    await page.getByRole('link', { name: 'Orders', exact: true }).click()
    await expect.poll(() => streams.left).toBe(2)
    expect(streams.begun).toBe(begun + 1)
  })

  test('an order that fails is readable by everybody, everywhere', async () => {
    const order = await place({ payment: { mode: 'later' } })
    const { page, complaints } = await open(order)
    await pay(page, 'tok_outage')
    await page.getByRole('region', { name: 'Trouble' }).getByText('the mock gateway is out of order').waitFor()
    await asItIs(() => examine(page, 'order failing', 'cars'))
    expect(complaints).toEqual([])
  })

  test('an order that runs shows how far it and each of its files is, readable by everybody, everywhere', async () => {
    slowCloud.latencyMilliseconds = 300
    const of = await console.newCustomer('MCLASS')
    const order = await place({ items: [{ dataset: 'long' }], payment: { token: 'tok_approve' } }, of)
    const { page, complaints } = await open(order, { as: of })
    await page.getByText(/the export is at [1-9]\d? %/).waitFor()
    await story(page)
      .getByText(/^long as ndjson: [\d,]+ records/)
      .waitFor()
    await asItIs(async () => {
      await examine(page, 'order running', 'long')
      const bars = page.getByRole('progressbar', { name: /^(Progress of the export|long as ndjson: .*)$/ })
      const percentages = await bars.evaluateAll(bars => bars.map(bar => Number(bar.getAttribute('aria-valuenow'))))
      expect(percentages).toHaveLength(2)
      for (const percentage of percentages) expect(percentage > 0 && percentage < 100).toBe(true)
    })
    slowCloud.latencyMilliseconds = 0
    await page.getByText('The order was delivered at').waitFor({ timeout: 30_000 })
    expect(await page.getByRole('progressbar').count()).toBe(0)
    expect(complaints).toEqual([])
  })

  /** Nothing goes on at the server while it is looked at. */
  async function asItIs(look: () => Promise<void>): Promise<void> {
    const pid = console.server().child.pid!
    process.kill(pid, 'SIGSTOP')
    try {
      await look()
    } finally {
      process.kill(pid, 'SIGCONT')
    }
  }

  const story = (page: Page) => page.getByRole('list', { name: 'Story of the order' })

  async function place(body: Partial<NewOrder>, { waybill } = customer): Promise<Order> {
    return (await waybill.orders.place({ items: [{ dataset: 'cars' }], ...body })).order
  }

  const open = ({ id }: Order, options: { as?: Customer; before?: string } = {}) =>
    console.visit(`/orders/${id}`, { viewport: desk, as: customer, ...options })

  /** From its first step on, the page has seen what comes of it. */
  async function pay(page: Page, token: string): Promise<void> {
    await page.getByRole('button', { name: 'Pay $1.00' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Test card').selectOption({ label: cards[token]! })
    await dialog.getByRole('button', { name: 'Pay $1.00' }).click()
    await dialog.waitFor({ state: 'hidden' })
  }

  async function ended({ id }: Order): Promise<void> {
    for await (const { ended } of customer.waybill.orders.watchExplanation(id)) if (ended) return
  }
})

/** As a browser tells a tab that is put behind another, or comes to the front. */
const becoming = (state: 'hidden' | 'visible') => `
  Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))
`
