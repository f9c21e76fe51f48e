// Takes docs/pictures/console.png: the page of an order that was delivered at the third attempt to pay, as Chromium shows it. Run `node scripts/picture-console.ts` again when that page looks different.
import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { startConsole } from '../apps/console/test/console.ts'

const file = fileURLToPath(new URL('../docs/pictures/console.png', import.meta.url))
const viewport = { width: 1_280, height: 800 }
/** What a reader of the README may be made to load. */
const mostBytes = 200_000

const console = await startConsole()
try {
  const customer = await console.newCustomer('LOCAL')
  const { order, finished } = await customer.waybill.orders.place({
    items: [{ dataset: 'movies', format: 'csv' }],
    payment: { token: 'tok_outage' },
  })
  await finished()
  const { page } = await console.visit(`/orders/${order.id}`, { as: customer, viewport, colorScheme: 'light' })
  await page.getByText('Nothing more will happen by itself.', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Download movies.csv' }).waitFor()
  await page.evaluate('document.fonts.ready')
  await page.screenshot({ path: file })
  const { size } = await stat(file)
  if (size > mostBytes) throw new Error(`${file} has ${size} bytes, more than ${mostBytes}`)
  process.stdout.write(`${file}: ${size} bytes\n`)
} finally {
  await console.stop()
}
