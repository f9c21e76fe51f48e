// What the services ask each other about one thing: what they keep of it, which messages and retries of theirs wait, and to try those now.
import {
  operationsApi,
  type RecoveredMessage,
  type ServiceName,
  type WaitingMessage,
  type WaitingWork,
} from '@waybill/contracts'
import {
  type DeadLetterRow,
  listWaitingEventsAbout,
  type RecoveredMessageRow,
  type WaitingEventRow,
} from '../bus/index.ts'
import { rfc3339 } from '../clock/index.ts'
import { DatabaseUnavailable } from '../db/index.ts'
import { ok, type Route, refuse, routesOf } from '../http/index.ts'
import type { Logger } from '../log/index.ts'
import type { Service } from './service.ts'

/** All, or the one that is asked for. */
export function hostedServices(services: Service[], name: ServiceName | undefined): Service[] {
  const found = services.filter(service => name === undefined || service.name === name)
  if (found.length > 0) return found
  throw refuse('SERVICE_NOT_HOSTED', `the ${name} service is not hosted by this process: ask one that hosts it`)
}

export function workRoutes({ services, log }: { services: Service[]; log: Logger }): Route[] {
  const route = routesOf('operations')
  const hosted = (name: ServiceName) => hostedServices(services, name)[0]!
  return [
    route({
      verb: 'post',
      path: '/work/details',
      access: 'peer',
      contract: operationsApi.showWork,
      controller: async ({ body: { service, subjects, since } }) =>
        ok(await readWork(hosted(service), subjects, Date.parse(since), log)),
    }),
    route({
      verb: 'post',
      path: '/work/hasten',
      access: 'peer',
      contract: operationsApi.hastenWork,
      controller: async ({ body: { service, subjects } }) =>
        ok({ hastened: await hastenWork(hosted(service), subjects, log) }),
    }),
  ]
}

async function readWork(service: Service, ids: string[], since: number, log: Logger): Promise<WaitingWork> {
  const { database, consumer, timers } = service.store
  const [record, unsent, kept, recovered, retries] = await Promise.all([
    readRecord(service, ids, log),
    listWaitingEventsAbout(database, { subjects: ids, since }),
    Promise.all(ids.map(subject => consumer.listAbout(subject))),
    Promise.all(ids.map(subject => consumer.listRecovered(subject))),
    retriedSubjects(service, ids, log).then(subjects => timers.list(service.retried?.kinds ?? [], subjects)),
  ])
  return {
    service: service.name,
    record,
    messages: [...unsent.rows.map(unsentMessage), ...kept.flat().map(keptMessage)],
    recovered: recovered.flat().map(recoveredMessage),
    may_have_more: !unsent.isAll,
    retries: retries.map(({ kind, attempt, dueAt, isUnderWay }) => ({
      ...{ kind, attempt, due_at: rfc3339(dueAt) },
      under_way: isUnderWay,
    })),
  }
}

async function hastenWork(service: Service, ids: string[], log: Logger): Promise<string[]> {
  const { database, consumer, timers } = service.store
  const events = await Promise.all(ids.map(subject => consumer.hastenAbout(subject)))
  const subjects = await retriedSubjects(service, ids, log)
  const retries = await timers.list(service.retried?.kinds ?? [], subjects)
  const kinds = await database.transaction(async tx => {
    const hastened: string[] = []
    for (const { kind, subject } of retries) {
      if (await timers.hasten(tx, kind, subject)) hastened.push(kind)
    }
    return hastened
  })
  return [...kinds, ...events.flat()]
}

/** Undefined where the service cannot read its own tables: its messages are told nevertheless. */
async function readRecord({ name, recordOf }: Service, ids: string[], log: Logger): Promise<object | null | undefined> {
  try {
    return (await recordOf?.(ids)) ?? null
  } catch (error) {
    if (error instanceof DatabaseUnavailable) throw error
    log.warn({ err: error, service: name }, 'what is kept about a thing cannot be read')
    return undefined
  }
}

/** None where the service cannot read its own tables: then its messages fail too, and they are what is asked for. */
async function retriedSubjects({ name, retried }: Service, ids: string[], log: Logger): Promise<string[]> {
  try {
    return (await retried?.subjectsOf?.(ids)) ?? ids
  } catch (error) {
    if (error instanceof DatabaseUnavailable) throw error
    log.warn({ err: error, service: name }, 'which work is tried again cannot be read')
    return []
  }
}

function unsentMessage({ event, created_at }: WaitingEventRow): WaitingMessage {
  const since = rfc3339(created_at)
  return {
    ...{ state: 'unsent', event_type: event.type, dead_letter_id: null, error: null, tries: 0 },
    ...{ request_id: event.requestid, since, updated_at: since, next_try_at: null },
  }
}

function keptMessage(row: DeadLetterRow): WaitingMessage {
  const { id, event_type, error, tries } = row
  return {
    ...{ state: row.next_try_at === null ? 'dead' : 'failing', event_type, dead_letter_id: id, error, tries },
    request_id: requestIn(row),
    ...{ since: rfc3339(row.created_at), updated_at: rfc3339(row.updated_at), next_try_at: rfc3339(row.next_try_at) },
  }
}

function recoveredMessage(row: RecoveredMessageRow): RecoveredMessage {
  const { event_type, error, tries, request_id, failed_at, handled_at } = row
  return { event_type, error, tries, request_id, failed_at: rfc3339(failed_at), handled_at: rfc3339(handled_at) }
}

/** A message may have been rubbish that is no event at all. */
function requestIn({ message }: DeadLetterRow): string | null {
  const id = (JSON.parse(message) as { requestid?: unknown } | null)?.requestid
  return typeof id === 'string' ? id : null
}
