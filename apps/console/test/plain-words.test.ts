// What the API says to programs and people alike, as the console shows it to people.
import { expect, test } from 'vitest'
import { formatAge, formatBytes, formatDuration } from '../src/amounts.ts'
import { plainly, toldToOwner } from '../src/answers/plainly.ts'
import { capitalized, sentence } from '../src/answers/sentence.ts'
import { formatMoney } from '../src/money.ts'

test.each([
  [
    'its owner pays it (POST /payment with order_id 01a20298); if that has not happened by 2026-11-22T10:01:12.521Z, the order is cancelled',
    /^its owner pays it; if that has not happened by Nov 2\d, 2026, \d+:\d\d.[AP]M, the order is cancelled$/,
  ],
  ['the data of the order; its data is at /data?process_id=01a20298-6909.', /^the data of the order\.$/],
  [
    'delivered at noon; its data is at /data?process_id=01a20298-6909; attempt 1 to call back failed.',
    /^delivered at noon; attempt 1 to call back failed\.$/,
  ],
  ['you have no order 01a20298: GET /orders lists those that you have', /^you have no order 01a20298$/],
  [
    'the order was cancelled (payment_declined): card_declined',
    /^the order was cancelled \(payment declined\): card declined$/,
  ],
  ['there is no dataset card_list: look at GET', /^there is no dataset card_list: look at GET$/],
])('%s', (text, plain) => {
  expect(plainly(text)).toMatch(plain)
})

test('what is said in lower case becomes a sentence, and a sentence stays one', () => {
  expect(sentence('the order is final')).toBe('The order is final.')
  expect(sentence('Is it?')).toBe('Is it?')
})

test('an address that a sentence begins with is left as it is', () => {
  expect(sentence('https://example.com is called back')).toBe('https://example.com is called back.')
  expect(capitalized('the order')).toBe('The order')
})

test('the owner of an order is told of it as their own', () => {
  expect(toldToOwner('The order waits for its owner to pay 1.00 USD')).toBe('The order waits for you to pay 1.00 USD')
  expect(toldToOwner('its owner pays it; else it is cancelled')).toBe('you pay it; else it is cancelled')
  expect(toldToOwner('the order is cancelled by its owner')).toBe('the order is cancelled by you')
})

test('money is shown with the digits that its currency has', () => {
  expect([formatMoney(150, 'USD'), formatMoney(150, 'JPY'), formatMoney(1_500, 'KWD')]).toEqual([
    '$1.50',
    '¥150',
    expect.stringMatching(/^KWD.1\.500$/),
  ])
})

test('sizes, ages and durations are rounded to what people say', () => {
  expect([0, 1, 999, 1_000, 210_365, 12_345_678_901].map(formatBytes)).toEqual([
    '0 bytes',
    '1 byte',
    '999 bytes',
    '1 kB',
    '210 kB',
    '12.3 GB',
  ])
  const now = Date.parse('2026-11-22T10:00:00.000Z')
  const ages = [
    '2026-11-22T09:59:50.000Z',
    '2026-11-22T09:57:00.000Z',
    '2026-11-21T10:00:00.000Z',
    '2026-11-22T10:02:00.000Z',
  ]
  expect(ages.map(at => formatAge(at, now))).toEqual(['just now', '3 minutes ago', 'yesterday', 'in 2 minutes'])
  expect([4.6, 65, 3_700].map(formatDuration)).toEqual(['5 s', '1 min 5 s', '1 h 1 min'])
})
