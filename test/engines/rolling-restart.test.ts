// A new version is rolled out under load, instance after instance, behind the load balancer: no customer notices.
import type { Audit } from '@waybill/contracts'
import { call, until } from '@waybill/platform/testing'
import { expect, onTestFinished, test } from 'vitest'
import { password, signIn } from '../system/customer.ts'
import { deploy } from '../system/deployment.ts'
import { startLoad, untilAnswered } from '../system/load.ts'

test('every instance is stopped and started under load, and no request fails', { timeout: 240_000 }, async () => {
  const deployment = await deploy({ env: { OPERATOR_EMAIL: 'ops@example.com', OPERATOR_PASSWORD: password } })
  onTestFinished(deployment.remove)
  const load = await startLoad(deployment.url, 4)
  // Of each service one at a time.
  for (const round of [1, 2]) {
    const instances = deployment.instances.filter(({ name }) => name.endsWith(`-${round}`))
    expect(instances).toHaveLength(4)
    // There is work while they stop, while they are away and while they come.
    await untilAnswered(load.answered, 50)
    await Promise.all(instances.map(instance => instance.stop()))
    await untilAnswered(load.answered, 50)
    await Promise.all(instances.map(instance => instance.start()))
  }
  await load.stop()
  expect(load.failures).toEqual([])

  for (const { customer, process } of load.accepted)
    expect(await customer.finished(process.process_id, 60)).toMatchObject({ status: 1 })
  const operator = await signIn(deployment.url, 'ops@example.com')
  const audit = await until(
    async () => (await operator.call<Audit>('GET /audit')).body.data,
    ({ violations }) => violations.length === 0,
  )
  expect(audit.checked).toBeGreaterThanOrEqual(load.accepted.length)
  for (const service of deployment.serviceUrls) {
    const { body } = await call<unknown[]>(service, 'GET /dead-letters', { token: operator.token })
    expect(body.data).toEqual([])
  }
  await deployment.stop()
})
