// The pods of the stage qa as processes of this machine, with the variables of their manifests: an order goes through all of them.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { call, createTestVhost, dropTestDatabases, freePorts, newTestName } from '@waybill/platform/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Manifest, renderKustomization } from '../../scripts/kubernetes-manifests.ts'
import { whyNoKubernetesPrograms } from '../../scripts/kubernetes-programs.ts'
import { ofKind } from '../deployment/kubernetes-rules.ts'
import { leadsTo } from '../deployment/kubernetes-traffic.ts'
import { newCustomer, password, signIn } from '../system/customer.ts'
import { makeDatabases } from '../system/deployment.ts'
import { newHome, type RunningServer, runServer } from '../system/running-server.ts'

const overlay = fileURLToPath(new URL('../../deployment/kubernetes/overlays/qa', import.meta.url))
const missing = whyNoKubernetesPrograms()
if (missing !== undefined) {
  if (process.env.WAYBILL_ENGINES === 'required') throw new Error(missing)
  process.stderr.write(`SKIPPED: the pods of Kubernetes were not run: ${missing}\n`)
}

describe.skipIf(missing !== undefined)('the pods of the stage qa', () => {
  /** By the names of their deployments. */
  const pods = new Map<string, RunningServer>()
  let ingress: Server
  const undo: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    const manifests = await renderKustomization(overlay)
    const name = newTestName()
    undo.push(() => dropTestDatabases(name))
    const databases = await makeDatabases(`${name}_`)
    const vhost = await createTestVhost()
    undo.push(vhost.drop)
    // The claim that pods of the data service share.
    const { home, remove } = await newHome()
    undo.push(remove)
    const secrets: Record<string, string> = {
      ...databases,
      BROKER_URL: vhost.url,
      WAYBILL_SECRET_KEY: randomBytes(32).toString('base64'),
      OPERATOR_EMAIL: 'operator@example.com',
      OPERATOR_PASSWORD: password,
    }
    const deployments = ofKind(manifests, 'Deployment')
    const ports = await freePorts(deployments.length)
    const places = new Map(deployments.map(({ metadata }, at) => [`http://${metadata.name}:8000`, ports[at]!]))
    await Promise.all(
      deployments.map(async each => {
        const { name } = each.metadata
        const port = places.get(`http://${name}:8000`)!
        // Of a machine of its own a pod has its address, its port and its folder: here they share one.
        const here = {
          HOST: '127.0.0.1',
          PORT: String(port),
          ...('WAYBILL_HOME' in given(each) ? { WAYBILL_HOME: home } : {}),
        }
        pods.set(name, await runServer('/nonexistent', { ...given(each), ...here }))
      }),
    )

    /** A variable with its value, or that of its secret; an address of a service is where it is here. */
    function given(deployment: Manifest): Record<string, string> {
      const variables: { name: string; value?: string }[] = deployment.spec.template.spec.containers[0].env
      return Object.fromEntries(
        variables.flatMap(({ name, value = secrets[name] }) => {
          if (value === undefined) return []
          const port = places.get(value)
          return [[name, port === undefined ? value : `http://127.0.0.1:${port}`]]
        }),
      )
    }

    ingress = createServer((incoming, outgoing) => {
      const { pathname } = new URL(incoming.url!, 'http://ingress')
      const { port } = new URL(pods.get(leadsTo(manifests, pathname)!)!.url)
      const { method, url: path, headers } = incoming
      const passed = request({ host: '127.0.0.1', port, method, path, headers }, answer => {
        outgoing.writeHead(answer.statusCode!, answer.headers)
        answer.pipe(outgoing)
      })
      passed.on('error', error => outgoing.destroy(error))
      incoming.pipe(passed)
    })
    await once(ingress.listen(0, '127.0.0.1'), 'listening')
  }, 120_000)

  afterAll(async () => {
    ingress?.closeAllConnections()
    ingress?.close()
    for (const pod of pods.values()) if (pod.child.exitCode === null) await pod.kill()
    for (const step of undo.reverse()) await step()
  })

  const url = () => `http://127.0.0.1:${(ingress.address() as AddressInfo).port}`

  test('all are ready, those that take only exports too', async () => {
    for (const [name, pod] of pods) expect((await call(pod.url, 'GET /readyz')).status, name).toBe(200)
  })

  test('an order goes from POST to delivered through the ingress, and its files are read', async () => {
    const customer = await newCustomer(url())
    const { process } = await customer.order({ items: [{ dataset: 'airports' }], payment: { token: 'tok_approve' } })
    expect(await customer.finished(process.process_id)).toMatchObject({ status: 1 })
    const file = await customer.call(`GET /data?process_id=${process.process_id}`, {
      headers: { Accept: 'application/x-ndjson' },
    })
    expect([file.status, file.text.trim().split('\n').length]).toEqual([200, 3_376])
  })

  test('the operator of the secret signs in, and the audit reaches every service', async () => {
    const operator = await signIn(url(), 'operator@example.com')
    const { status, body } = await operator.call<{ checked: number; violations: unknown[] }>('GET /audit')
    expect([status, body.data.checked, body.data.violations]).toEqual([200, 1, []])
  })

  test('how late exports are is told by the processes that KEDA scales by it, and by no others', async () => {
    const telling: string[] = []
    for (const [name, pod] of pods) {
      const { text } = await call(pod.url, 'GET /metrics')
      if (/^waybill_timers_late_seconds\{service="data",kind="run-export"\}/m.test(text)) telling.push(name)
    }
    expect(telling).toEqual(['waybill-data-export'])
  })

  test('each ends by itself well before Kubernetes would kill it', async () => {
    const ends = await Promise.all([...pods.values()].map(pod => pod.stop()))
    expect(ends.map(({ code }) => code)).toEqual(ends.map(() => 0))
    expect(Math.max(...ends.map(({ milliseconds }) => milliseconds))).toBeLessThan(15_000)
  })
})
