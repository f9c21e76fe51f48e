// The smallest service that uses all of the plumbing: it keeps notes, so that the kit can be tested without a business.
import { contract, type IdParams, idParams } from '@waybill/contracts'
import Joi from 'joi'
import { uuidv7 } from 'uuidv7'
import type { Database } from '../src/db/index.ts'
import { accepted, eventStream, ok, type Route, refuse, routesOf } from '../src/http/index.ts'
import {
  type CreateService,
  openStore,
  type Service,
  type ServiceHost,
  type ServiceStore,
} from '../src/service/index.ts'

export interface NoteTables {
  notes: { id: string; text: string }
}

interface NoteBody {
  text: string
  tags?: { name: string }[]
}

const noteBody = Joi.object<NoteBody>({
  text: Joi.string().max(100).required(),
  tags: Joi.array().items(Joi.object({ name: Joi.string().required() })),
})
const any = { 200: { description: 'whatever', data: Joi.any() } }

export interface EchoService extends Service {
  notes: Database<NoteTables>
  plumbing: ServiceStore<NoteTables>
}

export function echoService(prepare?: (service: EchoService, host: ServiceHost) => void): CreateService {
  return async host => {
    const store = await openStore<NoteTables>(host, 'order', new URL('./echo-migrations/', import.meta.url))
    const route = routesOf('order')
    const routes: Route[] = [
      route({
        verb: 'post',
        path: '/notes',
        access: 'customer',
        idempotency: store.idempotency,
        contract: contract({ name: 'addNote', summary: '', body: noteBody, answers: any, errors: [] }),
        controller: async request => {
          if (request.body.text === 'refuse') throw refuse('CLOUD_NOT_REGISTERED', 'refused on purpose')
          const answer = accepted({ id: uuidv7(), ...request.body }, { Location: '/notes/1' })
          await store.database.transaction(async tx => {
            await tx.insertInto('notes').values({ id: uuidv7(), text: request.body.text }).execute()
            await request.keepAnswer(tx, answer)
          })
          return answer
        },
      }),
      route({
        verb: 'get',
        path: '/notes/latest',
        access: 'public',
        contract: contract({ name: 'latestNote', summary: '', answers: any, errors: [] }),
        controller: () => ok('latest'),
      }),
      route({
        verb: 'get',
        path: '/notes/:id',
        access: 'public',
        contract: contract<IdParams, { limit: number }>({
          name: 'showNote',
          summary: '',
          params: idParams,
          query: Joi.object({ limit: Joi.number().integer().min(1).max(100).default(20) }),
          answers: any,
          errors: [],
        }),
        controller: ({ params, query }) => ok({ ...params, ...query }),
      }),
      route({
        verb: 'post',
        path: '/broken',
        access: 'public',
        contract: contract({ name: 'break', summary: '', answers: any, errors: [] }),
        controller: () => {
          throw new Error('secret table users has no column x')
        },
      }),
      route({
        verb: 'get',
        path: '/operators-only',
        access: 'operator',
        contract: contract({ name: 'operatorsOnly', summary: '', answers: any, errors: [] }),
        controller: () => ok('welcome'),
      }),
      route({
        verb: 'post',
        path: '/signing-in',
        access: 'public',
        limit: 'sign-in',
        contract: contract({
          name: 'signingIn',
          summary: '',
          body: Joi.object<{ email: string }>({ email: Joi.string().required() }),
          answers: any,
          errors: [],
        }),
        controller: () => ok('in'),
      }),
      route({
        verb: 'get',
        path: '/ticks',
        access: 'customer',
        contract: contract({ name: 'ticks', summary: '', answers: any, errors: [] }),
        controller: ({ signal }) => eventStream(ticks(signal)),
      }),
    ]
    const service: EchoService = {
      name: 'order',
      routes,
      store: store as never,
      notes: store.database,
      plumbing: store,
    }
    prepare?.(service, host)
    return service
  }
}

/** One event at once, then nothing until the client goes or the server stops. */
async function* ticks(signal: AbortSignal) {
  yield { event: 'tick', data: '1' }
  await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}
