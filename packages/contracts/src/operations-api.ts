// What every service offers to those who run it: the events that wait for the broker, and those that could not be handled.
import Joi from 'joi'
import { contract } from './contract.ts'
import { answer, id, idParams, namedAnswer, type PageQuery, pageQuery, time } from './fields.ts'
import {
  type DeadLetter,
  messageStates,
  type RecoveredMessage,
  type WaitingEvent,
  type WaitingMessage,
  type WaitingRetry,
  type WaitingWork,
} from './operations-models.ts'
import { type ServiceName, serviceNames } from './services.ts'

export interface ListDeadLettersQuery extends PageQuery {
  service?: ServiceName
}
export interface WorkBody {
  service: ServiceName
  /** The ids under which the services know a thing: an order's and its process's. */
  subjects: string[]
}
export interface ShowWorkBody extends WorkBody {
  since: string
}
export interface ListOutboxQuery extends PageQuery {
  service?: ServiceName
  since?: string
  until?: string
}

const deadLetterSchema = namedAnswer<DeadLetter>('DeadLetter', {
  id: id(),
  service: Joi.string(),
  event_id: Joi.string(),
  event_type: Joi.string(),
  event: Joi.object(),
  error: Joi.string(),
  tries: Joi.number().integer(),
  created_at: time(),
  updated_at: time(),
})
const waitingEventSchema = namedAnswer<WaitingEvent>('WaitingEvent', {
  service: Joi.string(),
  event_id: Joi.string(),
  event_type: Joi.string(),
  subject: Joi.string().description('The id of what it is about, an order in most'),
  created_at: time(),
  age_seconds: Joi.number().min(0),
})
const service = () =>
  Joi.string()
    .valid(...serviceNames)
    .description('Only of this service, which the process must host')

const workFields = {
  service: service().required(),
  subjects: Joi.array().items(id()).min(1).max(10).required().description('The ids of an order and of its process'),
}
const waitingWorkSchema = namedAnswer<WaitingWork>('WaitingWork', {
  service: Joi.string().valid(...serviceNames),
  record: Joi.object()
    .allow(null)
    .description('What the service keeps about it, a payment or an export; left out where it cannot be read'),
  messages: Joi.array().items(
    answer<WaitingMessage>({
      state: Joi.string()
        .valid(...messageStates)
        .description('unsent: the broker has not confirmed it; failing: tried again by itself; dead: by a person only'),
      event_type: Joi.string(),
      dead_letter_id: id().allow(null),
      error: Joi.string().allow(null),
      tries: Joi.number().integer(),
      request_id: Joi.string().allow(null),
      since: time(),
      updated_at: time(),
      next_try_at: time().allow(null),
    }),
  ),
  recovered: Joi.array()
    .items(
      answer<RecoveredMessage>({
        event_type: Joi.string(),
        error: Joi.string(),
        tries: Joi.number().integer(),
        request_id: Joi.string().allow(null),
        failed_at: time(),
        handled_at: time(),
      }),
    )
    .description('Messages that were handled, but not at their first try'),
  may_have_more: Joi.boolean().description('More messages wait for the broker than were looked at'),
  retries: Joi.array().items(
    answer<WaitingRetry>({
      kind: Joi.string(),
      attempt: Joi.number().integer(),
      due_at: time(),
      under_way: Joi.boolean(),
    }),
  ),
})

export const operationsApi = {
  showWork: contract({
    name: 'showWaitingWork',
    summary: 'What a service has not done yet, or could not do, about an order',
    body: Joi.object<ShowWorkBody>({
      ...workFields,
      since: Joi.string().isoDate().required().description('Nothing about it was written before this time'),
    }),
    answers: { 200: { description: 'Messages and retries', data: waitingWorkSchema } },
    errors: ['SERVICE_NOT_HOSTED'],
  }),
  hastenWork: contract({
    name: 'hastenWaitingWork',
    summary: 'Make what waits to be tried again about an order due now, as the same attempt',
    body: Joi.object<WorkBody>(workFields),
    answers: {
      200: {
        description: 'What was hastened: kinds of work, and types of events',
        data: answer<{ hastened: string[] }>({ hastened: Joi.array().items(Joi.string()) }),
      },
    },
    errors: ['SERVICE_NOT_HOSTED'],
  }),
  listOutbox: contract({
    name: 'listOutbox',
    summary: 'Events of the services of this process that the broker has not confirmed, newest first',
    query: Joi.object<ListOutboxQuery>({
      ...pageQuery,
      service: service(),
      since: Joi.string().isoDate().description('Written at this time or later'),
      until: Joi.string().isoDate().description('Written before this time'),
    }),
    answers: { 200: { description: 'A page of events', data: Joi.array().items(waitingEventSchema), paged: true } },
    errors: ['SERVICE_NOT_HOSTED'],
  }),
  listDeadLetters: contract({
    name: 'listDeadLetters',
    summary: 'Messages that the services of this process could not handle, newest first',
    query: Joi.object<ListDeadLettersQuery>({ ...pageQuery, service: service() }),
    answers: { 200: { description: 'A page of dead letters', data: Joi.array().items(deadLetterSchema), paged: true } },
    errors: ['SERVICE_NOT_HOSTED'],
  }),
  replayDeadLetter: contract({
    name: 'replayDeadLetter',
    summary: 'Hand a dead letter to its handler once more',
    params: idParams,
    answers: { 202: { description: 'It will be handled', data: deadLetterSchema } },
    errors: ['DEAD_LETTER_NOT_FOUND'],
  }),
  receiveNotification: contract({
    name: 'receiveNotification',
    summary: 'An event, brought by SNS over HTTPS and verified by its signature; or a subscription to be confirmed',
    params: Joi.object<{ service: ServiceName }>({
      service: Joi.string()
        .valid(...serviceNames)
        .required()
        .description('Whose event it is; the process must host it'),
    }),
    answers: { 204: { description: 'Taken' } },
    errors: ['MALFORMED_JSON', 'VALIDATION_FAILED', 'NOTIFICATION_REFUSED', 'SERVICE_NOT_HOSTED'],
  }),
}
