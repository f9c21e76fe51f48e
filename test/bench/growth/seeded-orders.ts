// Orders that stand in the tables of all four services, as if they had been delivered over the last days: made by the
// database itself out of counted numbers, so that a million takes minutes and every run has the same.
import { type ServiceName, serviceNames } from '@waybill/contracts'

/** What seeding needs of a database, whichever it is. */
export interface SeedTarget {
  run(service: ServiceName, sql: string): Promise<void>
  /** An SQL expression: 12 lower-case hexadecimal digits of a whole number. */
  hex(number: string): string
}

export interface SeededOrder {
  orderId: string
  processId: string
  /** When it was placed, epoch ms. */
  at: number
}

/** How the rows lie in time and among users. */
export interface Seeding {
  count: number
  /** Owns one of every `users` orders, the first included. */
  userId: string
  users: number
  firstAt: number
  everyMilliseconds: number
}

/** Younger than the week after which handled messages are forgotten. */
const oldest = 6 * 24 * 3_600_000
const youngest = 3_600_000
const ordersOfOneUser = 200
/** Rows of a transaction: it must fit into the engine's log. */
const chunk = 20_000
const took = { confirmed: 20, delivered: 60, captured: 80 }

/** The last digits say what an id is of, and of which order. */
const kinds = [
  'user',
  'order',
  'process',
  'payment',
  'authorize',
  'capture',
  'h1',
  'h2',
  'h3',
  'created',
  'authorized',
  'confirmed',
  'finished',
  'delivered',
  'captured',
] as const
type Kind = (typeof kinds)[number]
const kindDigits = (kind: Kind) => kinds.indexOf(kind).toString(16).padStart(2, '0')

export function planSeeding(count: number, userId: string, now: number): Seeding {
  return {
    count,
    userId,
    users: Math.max(Math.round(count / ordersOfOneUser), 1),
    firstAt: now - oldest,
    everyMilliseconds: Math.max(Math.floor((oldest - youngest) / count), 1),
  }
}

export function seededOrder({ firstAt, everyMilliseconds }: Seeding, n: number): SeededOrder {
  const at = firstAt + n * everyMilliseconds
  const id = (kind: Kind) => {
    const time = at.toString(16).padStart(12, '0')
    return `${time.slice(0, 8)}-${time.slice(8)}-7000-8${kindDigits(kind)}0-${n.toString(16).padStart(12, '0')}`
  }
  return { orderId: id('order'), processId: id('process'), at }
}

/** Into databases that are migrated and idle. */
export async function seedOrders(target: SeedTarget, seeding: Seeding): Promise<void> {
  const tables = rowsByService(target)
  await Promise.all(serviceNames.map(service => seedService(target, seeding, service, tables[service])))
}

async function seedService(target: SeedTarget, seeding: Seeding, service: ServiceName, rows: Rows[]): Promise<void> {
  const run = (sql: string) => target.run(service, sql)
  const { firstAt, everyMilliseconds, count, users, userId } = seeding
  await run('create table bench_digits (digit int not null primary key)')
  await run(`insert into bench_digits (digit) values ${Array.from({ length: 10 }, (_, digit) => `(${digit})`)}`)
  await run(
    'create table bench_seeds (n int not null primary key, at bigint not null, time char(12) not null, digits char(12) not null, user_id char(36) not null)',
  )
  const at = `(${firstAt} + n * ${everyMilliseconds})`
  const ownerId = idOf('user', { time: target.hex(String(firstAt)), digits: target.hex(`n % ${users}`) })
  const owner = `case when n % ${users} = 0 then '${userId}' else ${ownerId} end`
  for (let from = 0; from < count; from += chunk) {
    await run(
      `insert into bench_seeds (n, at, time, digits, user_id) select n, ${at}, ${target.hex(at)}, ${target.hex('n')}, ${owner}
       from (${numbers(from)}) as numbers where n < ${count} order by n`,
    )
    for (const { into, values, where } of rows) {
      const range = `n >= ${from} and n < ${from + chunk}${where ? ` and ${where(seeding)}` : ''}`
      await run(`insert into ${into} select ${values.join(', ')} from bench_seeds where ${range} order by n`)
    }
  }
  await run('drop table bench_seeds')
  await run('drop table bench_digits')
}

/** The whole numbers of one chunk. */
function numbers(from: number): string {
  const places = Array.from({ length: 5 }, (_, place) => `d${place}.digit * ${10 ** place}`)
  const tables = Array.from({ length: 5 }, (_, place) => `bench_digits as d${place}`)
  return `select ${from} + ${places.join(' + ')} as n from ${tables.join(', ')} where ${places.join(' + ')} < ${chunk}`
}

interface Rows {
  into: string
  values: string[]
  /** Rows that not every order has. */
  where?: (seeding: Seeding) => string
}

function idOf(kind: Kind, { time, digits } = { time: 'time', digits: 'digits' }): string {
  return `concat(substr(${time}, 1, 8), '-', substr(${time}, 9, 4), '-7000-8${kindDigits(kind)}0-', ${digits})`
}

function rowsByService(target: SeedTarget): Record<ServiceName, Rows[]> {
  const [order, process, payment] = [idOf('order'), idOf('process'), idOf('payment')]
  const text = (value: string) => `'${value}'`
  const after = (milliseconds: number) => `at + ${milliseconds}`
  const inbox = (kind: Kind, milliseconds: number): Rows => ({
    into: 'inbox (message_id, handled_at)',
    values: [idOf(kind), after(milliseconds)],
  })
  const history = (sequence: number, from: string, to: string, milliseconds: number): Rows => ({
    into: 'order_history (order_id, sequence, from_state, to_state, reason, at, request_id)',
    values: [order, String(sequence), from, text(to), 'null', after(milliseconds), order],
  })
  const paymentHistory = (kind: Kind, from: string, to: string, milliseconds: number): Rows => ({
    into: 'payment_history (id, payment_id, from_state, to_state, reason, at, request_id)',
    values: [idOf(kind), payment, from, text(to), 'null', after(milliseconds), order],
  })
  const attempt = (operation: 'authorize' | 'capture', milliseconds: number): Rows[] => [
    {
      into: 'payment_attempts (id, payment_id, operation, outcome, amount, reason, idempotency_key, gateway_reference, error, lost, inquiries, at)',
      values: [
        idOf(operation),
        payment,
        text(operation),
        text('succeeded'),
        '100',
        'null',
        `concat(${payment}, ':${operation}')`,
        `concat('mock_', ${idOf(operation)})`,
        'null',
        '0',
        '0',
        after(milliseconds),
      ],
    },
    {
      into: 'mock_gateway_ledger (idempotency_key, payment_id, operation, amount, currency, failures, outcome, decline_code, reference, at)',
      values: [
        `concat(${payment}, ':${operation}')`,
        payment,
        text(operation),
        '100',
        text('USD'),
        '0',
        text('succeeded'),
        'null',
        `concat('mock_', ${idOf(operation)})`,
        after(milliseconds),
      ],
    },
  ]
  return {
    user: [
      {
        into: 'users (id, name, email, email_key, password_hash, role, cloud, account, disabled_at, created_at, updated_at)',
        values: [
          'user_id',
          text('Seeded'),
          `concat(user_id, '@example.com')`,
          `concat(user_id, '@example.com')`,
          text('none'),
          text('customer'),
          text('LOCAL'),
          'user_id',
          'null',
          'at',
          'at',
        ],
        where: ({ users }) => `n > 0 and n < ${users}`,
      },
    ],
    order: [
      {
        into: 'orders (id, user_id, cloud, account, state, cancel_reason, items, amount, currency, process_id, payment_mode, callback_url, version, request_id, created_at, updated_at)',
        values: [
          order,
          'user_id',
          text('LOCAL'),
          'user_id',
          text('delivered'),
          'null',
          text('[{"dataset":"tiny","format":"ndjson"}]'),
          '100',
          text('USD'),
          process,
          text('now'),
          'null',
          '3',
          order,
          'at',
          after(took.delivered),
        ],
      },
      history(1, 'null', 'created', 0),
      history(2, text('created'), 'confirmed', took.confirmed),
      history(3, text('confirmed'), 'delivered', took.delivered),
      {
        into: 'user_processes (process_id, order_id, user_id, cloud, status, percentage, step, reason, started_at, created_at, updated_at, finished_at)',
        values: [
          process,
          order,
          'user_id',
          text('LOCAL'),
          '1',
          '100',
          text('delivered'),
          'null',
          'at',
          'at',
          after(took.delivered),
          after(took.delivered),
        ],
      },
      inbox('authorized', took.confirmed),
      inbox('finished', took.delivered),
    ],
    payment: [
      {
        into: 'payments (id, order_id, process_id, user_id, cloud, gateway, token, payment_mode, state, wanted, amount, currency, refunded_amount, refund_reserved, decline_code, request_id, version, created_at, updated_at)',
        values: [
          payment,
          order,
          process,
          'user_id',
          text('LOCAL'),
          text('mock'),
          'null',
          text('now'),
          text('captured'),
          'null',
          '100',
          text('USD'),
          '0',
          '0',
          'null',
          order,
          '5',
          'at',
          after(took.captured),
        ],
      },
      ...attempt('authorize', took.confirmed),
      ...attempt('capture', took.captured),
      paymentHistory('h1', 'null', 'pending', 0),
      paymentHistory('h2', text('pending'), 'authorized', took.confirmed),
      paymentHistory('h3', text('authorized'), 'captured', took.captured),
      inbox('created', 0),
      inbox('delivered', took.delivered),
    ],
    data: [
      {
        into: 'exports (process_id, order_id, user_id, cloud, account, state, reason, percentage, delivered_at, finished_at, created_at, updated_at)',
        values: [
          process,
          order,
          'user_id',
          text('LOCAL'),
          'user_id',
          text('finished'),
          'null',
          '100',
          after(took.delivered),
          after(took.delivered),
          'at',
          after(took.delivered),
        ],
      },
      {
        into: 'export_files (process_id, position, dataset, format, checkpoint, percentage, records, bytes, sha256, updated_at)',
        values: [
          process,
          '0',
          text('tiny'),
          text('ndjson'),
          'null',
          '100',
          '10',
          '1000',
          `concat(${target.hex('n')}, ${target.hex('n')}, ${target.hex('n')}, ${target.hex('n')}, ${target.hex('n')}, '0000')`,
          after(took.delivered),
        ],
      },
      inbox('confirmed', took.confirmed),
      inbox('delivered', took.delivered),
    ],
  }
}
