// A fleet behind the load balancer takes changed settings from S3 under load, every process by itself: no customer notices.
import { randomBytes } from 'node:crypto'
import { createSettingsKeys } from '@waybill/platform/config'
import { call, startFakeAws, until } from '@waybill/platform/testing'
import { expect, onTestFinished, test } from 'vitest'
import { password, signIn } from '../system/customer.ts'
import { deploy } from '../system/deployment.ts'
import { startLoad, untilAnswered } from '../system/load.ts'

test('settings that change in S3 reach every process under load, and no request fails', {
  timeout: 240_000,
}, async () => {
  const aws = await startFakeAws()
  onTestFinished(aws.stop)
  const key = randomBytes(32)
  const keys = createSettingsKeys([key])
  const OPERATOR_PASSWORD = keys.encrypt('OPERATOR_PASSWORD', password)
  const put = (settings: object) =>
    aws.putObject('settings', 'waybill.json', JSON.stringify({ default: { OPERATOR_PASSWORD }, qa: settings }))
  const limits = { RATE_LIMIT_PER_MINUTE: 1_000_000, OPERATOR_EMAIL: 'ops@example.com' }
  await put(limits)
  const { AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = aws.settings('settings')
  const deployment = await deploy({
    topology: 'balanced',
    env: {
      ...{ CONFIG_URI: 's3://settings/waybill.json', WAYBILL_ENV: 'qa', CONFIG_REFRESH: '1s' },
      // So that it says what it has done.
      LOG_LEVEL: 'info',
      ...{ WAYBILL_CONFIG_KEY: key.toString('base64'), RATE_LIMIT_PER_MINUTE: '', AWS_REGION: 'eu-central-1' },
      ...{
        AWS_ENDPOINT_URL_S3: AWS_ENDPOINT_URL!,
        AWS_ACCESS_KEY_ID: AWS_ACCESS_KEY_ID!,
        AWS_SECRET_ACCESS_KEY: AWS_SECRET_ACCESS_KEY!,
      },
    },
  })
  onTestFinished(deployment.remove)
  const load = await startLoad(deployment.url, 4)
  const pids = deployment.instances.map(instance => instance.server().child.pid)
  for (const limit of [1_000_001, 1_000_002]) {
    await untilAnswered(load.answered, 50)
    await put({ ...limits, RATE_LIMIT_PER_MINUTE: limit })
    const changes = limit - 1_000_000
    for (const instance of deployment.instances) {
      await until(
        async () => instance.server().output().err.split('"changed settings are in effect"').length - 1,
        times => times === changes,
        60,
      )
    }
    expect((await call(deployment.url, 'GET /prices')).headers.get('ratelimit-limit')).toBe(String(limit))
  }
  // A document that is bad is read by all of them and changes nothing.
  await put({ ...limits, RATE_LIMIT_PER_MINUTE: 'many' })
  await untilAnswered(load.answered, 50)
  expect((await call(deployment.url, 'GET /prices')).headers.get('ratelimit-limit')).toBe('1000002')
  await load.stop()
  expect(load.failures).toEqual([])
  expect(deployment.instances.map(instance => instance.server().child.pid)).toEqual(pids)
  for (const { customer, process } of load.accepted)
    expect(await customer.finished(process.process_id, 60)).toMatchObject({ status: 1 })
  const operator = await signIn(deployment.url, 'ops@example.com')
  const { body } = await operator.call<{ checked: number; violations: unknown[] }>('GET /audit')
  expect(body.data.violations).toEqual([])
  expect(body.data.checked).toBeGreaterThanOrEqual(load.accepted.length)
  await deployment.stop()
})
