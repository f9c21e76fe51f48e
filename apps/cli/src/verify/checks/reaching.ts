// Is the deployment there, ready, and all of it?
import { LeftOut, mustBe } from '../finding.ts'
import { newClient } from '../guest.ts'
import { rawCall } from '../raw-call.ts'
import { guestOf, type Visit } from '../visit.ts'

export async function isReady({ server }: Visit): Promise<string> {
  const health = await rawCall(server, 'GET /healthz')
  mustBe(health.status === 200, `/healthz answered ${health.status}`)
  const ready = await rawCall(server, 'GET /readyz')
  if ([401, 403, 404].includes(ready.status)) throw new LeftOut(`/readyz is not open here (${ready.status})`)
  mustBe(ready.status === 200, `/readyz answered ${ready.status}: ${ready.bytes.toString().slice(0, 200)}`)
  return 'database and broker answer'
}

/** One public call of each; payments are nobody's but their owner's. */
export async function servicesAnswer(visit: Visit): Promise<string> {
  const client = newClient(visit.server)
  await client.keys()
  await client.clouds.prices()
  await client.clouds.list()
  await guestOf(visit, 0).client.payments.list({ limit: 1 }).page()
  return 'user, order, data, payment'
}
