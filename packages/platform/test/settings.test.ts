// Settings are read once against one schema; all that is wrong is said at once, and nothing secret is shown.
import { readWaybillSettings, settingsSchema } from '@waybill/contracts/settings'
import { describe, expect, test } from 'vitest'
import { readDuration, type SettingsError } from '../src/config/index.ts'

const linesOf = (environment: Record<string, string>): string[] => {
  try {
    readWaybillSettings(environment)
  } catch (error) {
    return (error as SettingsError).lines
  }
  return []
}

test('nothing needs to be set on a laptop', () => {
  expect(readWaybillSettings({})).toMatchObject({
    PORT: 8000,
    HOST: '127.0.0.1',
    WAYBILL_SERVICES: ['user', 'order', 'payment', 'data'],
    JWT_EXPIRES_IN: 15 * 60_000,
    ORDER_PAYMENT_WINDOW: 30 * 60_000,
    RATE_LIMIT_PER_MINUTE: 600,
    SIGN_IN_LIMIT_PER_MINUTE: 20,
    PAYMENT_MOCK_APPROVAL_RATE: 0.8,
    CALLBACK_ALLOW_PRIVATE: false,
    CORS_ORIGINS: [],
    BROKER_URL: 'memory:',
  })
})

test('every bad setting gets a line that begins with its name', () => {
  const lines = linesOf({
    PORT: '70000',
    WAYBILL_SERVICES: 'user,billing',
    JWT_EXPIRES_IN: '15',
    CALLBACK_ALLOW_PRIVATE: 'yes',
    PAYMENT_MOCK_APPROVAL_RATE: '1.1',
    WAYBILL_SECRET_KEY: 'c2hvcnQ=',
    ORDER_DATABASE_URL: 'mongodb://u:secret-word@h/d',
    NOT_AUTHENTICATED_STATUS: '403',
    DATA_SERVICE_URL: 'ftp://x',
    CORS_ORIGINS: 'https://app.example/path',
  })
  expect(lines.map(line => line.split(' ')[0]).sort()).toEqual([
    'CALLBACK_ALLOW_PRIVATE',
    'CORS_ORIGINS',
    'DATA_SERVICE_URL',
    'JWT_EXPIRES_IN',
    'NOT_AUTHENTICATED_STATUS',
    'ORDER_DATABASE_URL',
    'PAYMENT_MOCK_APPROVAL_RATE',
    'PORT',
    'WAYBILL_SECRET_KEY',
    'WAYBILL_SERVICES',
  ])
  expect(lines.join()).not.toMatch(/secret-word|c2hvcnQ/)
})

test('an empty value counts as none', () => {
  expect(readWaybillSettings({ PORT: '', USER_SERVICE_URL: '' })).toMatchObject({ PORT: 8000 })
})

describe('durations', () => {
  test.each([
    ['250ms', 250],
    ['1s', 1_000],
    ['1.5s', 1_500],
    ['30m', 1_800_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
  ])('%s is %d milliseconds', (text, milliseconds) => expect(readDuration(text)).toBe(milliseconds))

  test.each(['', '5', 's', '-1s', '0s', '1 s', '1w', '1e3s', '99999999d', '٣s'])('%j is none', text =>
    expect(readDuration(text)).toBeUndefined(),
  )
})

test('every setting has a sentence', () => {
  for (const [name, { description }] of Object.entries(settingsSchema))
    expect(description, name).toMatch(/^[A-Za-z].{20,}\.$/)
})
