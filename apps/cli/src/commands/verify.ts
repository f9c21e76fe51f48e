// `waybill verify`: the whole journey, the money and the audit against a deployment, from outside; one card at the end.
import { isWaybillError, type Waybill } from '@waybill/sdk'
import { defineCommand } from '../command.ts'
import { confirm } from '../confirm.ts'
import { OutOfReach, Refusal, UsageError } from '../failures.ts'
import { wholeNumber } from '../read-number.ts'
import { openSession, type Session } from '../session.ts'
import { drawRow, drawSummary } from '../verify/card.ts'
import { auditGrace } from '../verify/checks/books.ts'
import { checks } from '../verify/checks.ts'
import { newClient } from '../verify/guest.ts'
import { rawCall } from '../verify/raw-call.ts'
import { verifyDeployment } from '../verify/verification.ts'
import type { Terms } from '../verify/visit.ts'

interface Options {
  cloud?: string
  dataset?: string
  orders?: number
  atOnce?: number
  payments?: boolean
  auditAfter?: number
  callbackUrl?: URL
  callbackListen?: string
  strict?: boolean
  yes?: boolean
}

const thisMachine = ['localhost', '127.0.0.1', '[::1]']
const mostOrders = 200
const mostAtOnce = 16
const correct = 'waybill verify https://waybill.example.com --yes'

export const command = defineCommand<Options>({
  description:
    "Signs up users of its own, lets them browse, order, pay through the mock gateway, cancel and download, tries what must be refused, puts a short load on, and looks at the books. It touches nobody else's things, asks no gateway but the mock one (without it, orders are placed to be paid later and cancelled), and says of each check that it leaves out why. With an operator (WAYBILL_OPERATOR_EMAIL and WAYBILL_OPERATOR_PASSWORD, or the one that the profile is signed in as) it asks for the audit, dead letters and a refund, too, and disables its users in the end. Asks first where the server is not on this machine. Ends with 1 when a check fails.",
  arguments: [
    { name: 'url', description: 'the deployment (default: the server that other commands talk to)', optional: true },
  ],
  options: [
    {
      flags: '--cloud <name>',
      description: 'the cloud of its users (default: LOCAL, else the first that is read at once)',
    },
    { flags: '--dataset <name>', description: 'what they order (default: the smallest that they find)' },
    {
      flags: '--orders <n>',
      description: `orders of the short load, 0-${mostOrders} (default: 20)`,
      parse: wholeNumber('--orders', 0, mostOrders),
    },
    {
      flags: '--at-once <n>',
      description: `how many of them at once, 1-${mostAtOnce} (default: 4)`,
      parse: wholeNumber('--at-once', 1, mostAtOnce),
    },
    { flags: '--no-payments', description: 'pay for nothing: only orders to be paid later, cancelled at once' },
    {
      flags: '--audit-after <seconds>',
      description: `from the last order to the audit, which excuses money of the last ${auditGrace - 1} s (default: ${auditGrace})`,
      parse: wholeNumber('--audit-after', 0, 600),
    },
    {
      flags: '--callback-url <url>',
      description: 'an address of this machine that the deployment can call',
      parse: readUrl,
    },
    {
      flags: '--callback-listen <host:port>',
      description: 'where to take these calls (default: 127.0.0.1 and the port of the URL)',
    },
    { flags: '--strict', description: 'end with 1 when a check was left out, too' },
    { flags: '-y, --yes', description: 'do not ask' },
  ],
  examples: [
    { what: 'Verify the server on this machine', line: 'waybill verify http://localhost:8000' },
    {
      what: 'Without any payment, and without load',
      line: 'waybill verify --no-payments --orders 0 --json',
    },
  ],
  async run({ args: [url], options, terminal, session: usual }) {
    const session = url === undefined ? usual : await openSession({ server: url, profile: usual.profile })
    const { server } = session
    const terms: Terms = {
      cloud: options.cloud,
      dataset: options.dataset,
      orders: options.orders ?? 20,
      atOnce: options.atOnce ?? 4,
      mayPay: options.payments ?? true,
      auditAfter: options.auditAfter ?? auditGrace,
      callback: readCallback(options),
    }
    const plan = `Verify ${server}: sign up ${2 + Math.ceil(terms.orders / 100)} users (…@waybill.invalid), place up to ${terms.orders + (terms.mayPay ? 16 : 3)} orders, ${terms.mayPay ? 'paid through the mock gateway alone' : 'none of them paid'}?`
    if (!thisMachine.includes(new URL(server).hostname) && !options.yes) {
      if (!(await confirm(plan, correct))) throw new Refusal('NOT_CONFIRMED', 'Nothing was done', 'not confirmed')
    } else terminal.note(plan.replace(/\?$/, '.').replace('Verify', 'Verifying'))
    await mustBeReachable(server)
    const operator = await findOperator(session)

    const stop = new AbortController()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
    const columns = Math.max(...checks.map(({ name }) => name.length))
    const card = await verifyDeployment({
      ...{ server, terms, operator, stop: stop.signal },
      onRow: async row => {
        if (!terminal.json) await terminal.print(drawRow(row, columns, terminal))
      },
      note: line => terminal.note(line),
    })
    await terminal.result(card, () => drawSummary(card, terminal))
    const failed = card.rows.filter(({ outcome }) => outcome === 'failed' || (options.strict && outcome === 'left out'))
    if (stop.signal.aborted) {
      throw new Refusal('STOPPED', 'Stopped before the end', 'what was begun is tidied up', { isTold: true })
    }
    if (failed.length === 0) return
    await mustBeReachable(server)
    const names = failed.map(({ check }) => check).join(', ')
    throw new Refusal('NOT_VERIFIED', 'The deployment does not do what it should', names, { isTold: true })
  },
})

async function mustBeReachable(server: string): Promise<void> {
  await rawCall(server, 'GET /healthz').catch(error => {
    throw new OutOfReach(`nobody answers at ${server}: ${(error as Error).message}`)
  })
}

/** By the environment, else by the profile's own sign-in; undefined where neither names one. */
async function findOperator({ client, server }: Session): Promise<Waybill | undefined> {
  const { WAYBILL_OPERATOR_EMAIL: email, WAYBILL_OPERATOR_PASSWORD: password } = process.env
  if (email && password) {
    const operator = newClient(server)
    await operator.signIn({ email, password })
    return mustBeOperator(operator)
  }
  if (email || password) throw new UsageError('set both WAYBILL_OPERATOR_EMAIL and WAYBILL_OPERATOR_PASSWORD', correct)
  if (!(await client.isSignedIn())) return undefined
  // Whoever the profile is signed in as has nothing to do with it, unless they are an operator.
  const details = await client.me.details().catch(error => {
    if (isWaybillError(error, 'NOT_AUTHENTICATED')) return undefined
    throw error
  })
  return details?.role === 'operator' ? client : undefined
}

async function mustBeOperator(operator: Waybill): Promise<Waybill> {
  const { role } = await operator.me.details()
  if (role === 'operator') return operator
  throw new Refusal('FORBIDDEN', 'This is no operator', `WAYBILL_OPERATOR_EMAIL is a ${role}`)
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new UsageError(`--callback-url must be a URL, and ${text} is not`, correct)
}

function readCallback({ callbackUrl: url, callbackListen }: Options): Terms['callback'] {
  if (!url) {
    if (callbackListen === undefined) return undefined
    throw new UsageError('--callback-listen needs --callback-url: the address that the deployment is to call', correct)
  }
  const place = callbackListen ?? `127.0.0.1:${url.port || (url.protocol === 'https:' ? 443 : 80)}`
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(place) ?? []
  if (host === undefined) throw new UsageError(`--callback-listen must be host:port, and ${place} is not`, correct)
  return { url, host, port: Number(port) }
}
