// A gateway to play with: it decides by token or at random, can be slow, out of order or lose its answer, and never forgets.
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { mockTokens, type PaymentOperation } from '@waybill/contracts'
import type { Vault } from '@waybill/platform/auth'
import type { Clock } from '@waybill/platform/clock'
import type { Database, Tx } from '@waybill/platform/db'
import { tracedModule } from '@waybill/platform/log'
import { uuidv7 } from 'uuidv7'
import * as ledgerDao from '../dao/mock-ledger-dao.ts'
import type { MockLedgerRow } from '../models/mock-ledger.ts'
import type { PaymentTables } from '../models/tables.ts'
import type { Gateway, GatewayMemory, GatewayRequest, GatewayStep, OpenGateway } from './gateway.ts'

interface Needs {
  /** Where its memory lives. Its transactions are its own: what it did stays done when ours are undone. */
  database: Database<PaymentTables>
  ledger: typeof ledgerDao
  clock: Clock
  webhookKey: Buffer
  /** The share of payments approved when no token decides, 0 to 1, and where chance comes from (0 to 1, without 1). */
  chance: { approvalRate: number; random: () => number }
}

const slowMilliseconds = 3_000
const outages = 2
const webhookToleranceSeconds = 300

export const openGateway: OpenGateway = ({ settings, clock, log, vault, database, random }) => {
  const chance = { approvalRate: settings.PAYMENT_MOCK_APPROVAL_RATE, random }
  const ledger = tracedModule(log, 'dao', ledgerDao)
  return createMockGateway({ database, ledger, clock, webhookKey: mockWebhookKey(vault), chance })
}

export function createMockGateway({ database, ledger, clock, webhookKey, chance }: Needs): Gateway {
  const knownTokens = new Set<string>(mockTokens)

  const step =
    (operation: PaymentOperation): GatewayStep =>
    async (request, signal) => {
      // Only an authorization is decided; what follows from one is always granted.
      const token = operation === 'authorize' ? (request.token ?? 'chance') : 'tok_approve'
      if (token === 'tok_slow') await wait(slowMilliseconds, undefined, { signal })
      const entry = await database.transaction(tx => enter(tx, newEntry(operation, request), token), request.orderId)
      if (token === 'tok_lost') throw new Error('the mock gateway lost its answer')
      return answerOf(entry) ?? { outcome: 'failed', error: 'the mock gateway is out of order' }
    }

  /** Does what is asked, once for each key, and remembers it. */
  async function enter(tx: Tx<PaymentTables>, asked: MockLedgerRow, token: string): Promise<MockLedgerRow> {
    const first = { ...asked, ...decide(token, 0), at: clock.now() }
    if (await ledger.addLedgerEntry(tx, first)) return first
    const before = await ledger.findLedgerEntry(tx, asked.idempotency_key)
    if (!before) throw new Error(`the ledger entry ${asked.idempotency_key} is there and cannot be read`)
    if (before.outcome) return before
    const entry = { ...before, ...decide(token, before.failures), at: clock.now() }
    await ledger.updateLedgerEntry(tx, entry)
    return entry
  }

  function decide(token: string, failures: number): Partial<MockLedgerRow> {
    if (token === 'tok_outage' && failures < outages) return { failures: failures + 1 }
    const declined = token === 'tok_decline' || (token === 'chance' && chance.random() >= chance.approvalRate)
    return declined
      ? { outcome: 'declined', decline_code: 'card_declined' }
      : { outcome: 'succeeded', reference: `mock_${uuidv7()}` }
  }

  return {
    name: 'mock',
    refusalOf: token =>
      token === null || knownTokens.has(token) ? undefined : `must be one of [${mockTokens.join(', ')}]`,
    authorize: step('authorize'),
    capture: step('capture'),
    void: step('void'),
    refund: step('refund'),
    async inquire(_operation, request) {
      const entry = await ledger.findLedgerEntry(database.db, request.idempotencyKey)
      return (entry && answerOf(entry)) ?? { outcome: 'never_seen' }
    },
    verifyWebhook: (headers, body) => verifyWebhook(headers, body, webhookKey, clock.now()),
  }
}

function newEntry(operation: PaymentOperation, request: GatewayRequest): MockLedgerRow {
  return {
    idempotency_key: request.idempotencyKey,
    payment_id: request.paymentId,
    operation,
    amount: request.amount,
    currency: request.currency,
    failures: 0,
    outcome: null,
    decline_code: null,
    reference: null,
    at: 0,
  }
}

/** undefined while nothing has happened. */
function answerOf(entry: MockLedgerRow): Exclude<GatewayMemory, { outcome: 'never_seen' }> | undefined {
  if (entry.outcome === 'succeeded') return { outcome: 'succeeded', reference: entry.reference ?? '' }
  if (entry.outcome === 'declined') return { outcome: 'declined', code: entry.decline_code ?? '' }
  return undefined
}

/** The key that the mock signs its webhooks with; the same in every process of an installation. */
export function mockWebhookKey(vault: Vault): Buffer {
  return vault.deriveKey('mock-gateway-webhook')
}

/** Signed in the manner of Standard Webhooks: `v1,` and HMAC-SHA-256 of id, timestamp (seconds) and body, in base64. */
export function signMockWebhook(key: Buffer, id: string, timestamp: string, body: Buffer): string {
  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body])
  return `v1,${createHmac('sha256', key).update(content).digest('base64')}`
}

function verifyWebhook(
  headers: IncomingHttpHeaders,
  body: Buffer,
  key: Buffer,
  now: number,
): { paymentId: string | undefined } | undefined {
  const [id, timestamp, signature] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(name =>
    String(headers[name] ?? ''),
  ) as [string, string, string]
  const age = Math.abs(now / 1_000 - Number(timestamp))
  if (!(age <= webhookToleranceSeconds)) return undefined
  const expected = Buffer.from(signMockWebhook(key, id, timestamp, body))
  const given = Buffer.from(signature)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  return { paymentId: paymentIdIn(body) }
}

function paymentIdIn(body: Buffer): string | undefined {
  try {
    const { payment_id } = JSON.parse(body.toString()) as { payment_id?: unknown }
    return typeof payment_id === 'string' ? payment_id : undefined
  } catch {
    return undefined
  }
}
