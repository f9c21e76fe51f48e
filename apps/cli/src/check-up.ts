// What the doctor looks at, one thing after the other: a row for each, and what to do where it is bad.
import { isWaybillError, type User } from '@waybill/sdk'
import { OutOfReach } from './failures.ts'
import type { Session } from './session.ts'

export interface Check {
  name: string
  outcome: 'good' | 'bad' | 'skipped'
  detail: string
  /** What to do about it. */
  remedy?: string
}

const timeoutMilliseconds = 10_000
/** Events go out within milliseconds; those that wait for longer are stuck. */
const stuckAfterSeconds = 60
const namedAtMost = 5

/** Throws OutOfReach where nobody answers at the server's address. */
export async function* examine(session: Session): AsyncGenerator<Check, void, undefined> {
  yield await reach(session)
  yield await readiness(session)
  yield await service('order service', () => session.impatientClient.clouds.prices())
  yield await service('data service', () => session.impatientClient.clouds.list())
  const { check, user } = await signIn(session)
  yield check
  if (!user) return
  yield await service('payment service', () => session.impatientClient.payments.list({ limit: 1 }).page())
  yield registration(user)
  if (user.role !== 'operator') return
  yield await guarded('audit', () => audit(session))
  yield await guarded('dead letters', () => deadLetters(session))
  yield await guarded('outbox', () => outbox(session))
}

/** Health is for load balancers and stands outside of the API that the SDK speaks. */
async function ask({ server }: Session, path: string): Promise<Response> {
  return fetch(server + path, { signal: AbortSignal.timeout(timeoutMilliseconds), redirect: 'manual' })
}

async function reach(session: Session): Promise<Check> {
  const name = 'server'
  try {
    const from = performance.now()
    const response = await ask(session, '/healthz')
    await response.text()
    const took = Math.round(performance.now() - from)
    if (response.status === 200) return good(name, `${session.server} answers in ${took} ms`)
    const remedy = 'is it a Waybill server, and is it not just stopping? --server names another'
    return bad(name, `${session.server}/healthz answered ${response.status}`, remedy)
  } catch (error) {
    throw new OutOfReach(`nobody answers at ${session.server} (${reasonOf(error)}); start a server with: npm start`)
  }
}

async function readiness(session: Session): Promise<Check> {
  const name = 'readiness'
  const remedy =
    'look at that machine, and at the *_DATABASE_URL and BROKER_URL settings of the server; it goes on by itself afterwards'
  try {
    const response = await ask(session, '/readyz')
    const down = downIn(await response.text())
    if (response.status === 200) return good(name, 'database and broker answer')
    if (down.length === 0) return bad(name, `/readyz answered ${response.status}`, remedy)
    return bad(name, `does not answer the server: ${down.join(', ')}`, remedy)
  } catch (error) {
    return bad(name, `/readyz did not answer: ${reasonOf(error)}`, remedy)
  }
}

/** fetch says "fetch failed" and keeps the reason in its cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { code?: string } }
  return cause?.code ?? message
}

function downIn(text: string): string[] {
  try {
    const { dependencies } = JSON.parse(text) as { dependencies: Record<string, { status: string }> }
    return Object.entries(dependencies).flatMap(([name, { status }]) => (status === 'up' ? [] : [name]))
  } catch {
    return []
  }
}

async function service(name: string, call: () => Promise<unknown>): Promise<Check> {
  return guarded(name, async () => {
    await call()
    return good(name, 'answers')
  })
}

/** A call that fails is a finding. */
async function guarded(name: string, look: () => Promise<Check>): Promise<Check> {
  try {
    return await look()
  } catch (error) {
    if (!isWaybillError(error)) throw error
    const request = error.requestId === undefined ? '' : `, request ${error.requestId}`
    const detail = `${error.message} (${error.code}${request})`
    return bad(name, detail, 'the logs of that service have the reason under this request id')
  }
}

async function signIn({ client, server }: Session): Promise<{ check: Check; user?: User }> {
  const name = 'sign-in'
  const remedy = 'waybill login <e-mail>'
  if (!(await client.isSignedIn())) {
    return { check: { name, outcome: 'skipped', detail: `nobody is signed in at ${server}`, remedy } }
  }
  let user: User | undefined
  const check = await guarded(name, async () => {
    user = await client.me.details()
    return good(name, `${user.email}, ${user.role}`)
  })
  return { check: check.outcome === 'bad' ? { ...check, remedy } : check, user }
}

function registration({ cloud, account }: User): Check {
  const name = 'cloud'
  if (cloud !== null) return good(name, `${cloud}, account ${account}`)
  return { name, outcome: 'skipped', detail: 'not registered with a cloud', remedy: 'waybill cloud LOCAL' }
}

async function audit({ client }: Session): Promise<Check> {
  const name = 'audit'
  let checked = 0
  const violations = []
  for await (const { data } of client.desk.audit().pages()) {
    checked += data.checked
    violations.push(...data.violations)
  }
  if (violations.length === 0) return good(name, `${checked} orders of the last day, money and deliveries agree`)
  const named = violations.slice(0, namedAtMost).map(it => `${it.rule} ${it.order_id ?? ''}: ${it.detail}`)
  const more = violations.length > namedAtMost ? `; and ${violations.length - namedAtMost} more` : ''
  const remedy = 'waybill explain <order-id> tells the story of each'
  return bad(name, `${violations.length} violations in ${checked} orders: ${named.join('; ')}${more}`, remedy)
}

async function deadLetters({ client }: Session): Promise<Check> {
  const name = 'dead letters'
  const letters = await client.desk.deadLetters({ limit: namedAtMost }).take(namedAtMost)
  if (letters.length === 0) return good(name, 'none')
  const named = letters.map(it => `${it.id} (${it.service}, ${it.event_type}): ${it.error}`)
  return bad(name, named.join('; '), 'mend the cause, then: waybill dead-letters --replay <id>')
}

async function outbox({ client }: Session): Promise<Check> {
  const name = 'outbox'
  const until = new Date(Date.now() - stuckAfterSeconds * 1_000).toISOString()
  const waiting = await client.desk.outbox({ until, limit: namedAtMost }).take(namedAtMost)
  if (waiting.length === 0) return good(name, `no event waits for more than ${stuckAfterSeconds} s`)
  const named = waiting.map(it => `${it.event_type} of ${it.service} for ${Math.round(it.age_seconds)} s`)
  return bad(name, named.join('; '), 'the broker does not take them: look at it, and at BROKER_URL')
}

const good = (name: string, detail: string): Check => ({ name, outcome: 'good', detail })
const bad = (name: string, detail: string, remedy: string): Check => ({ name, outcome: 'bad', detail, remedy })
