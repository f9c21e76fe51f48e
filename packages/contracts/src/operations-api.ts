// What every service offers to those who run it: dead letters.
import Joi from 'joi'
import { contract } from './contract.ts'
import { id, idParams, namedAnswer, type PageQuery, pageQuery, time } from './fields.ts'

export interface DeadLetter {
  id: string
  service: string
  event_id: string
  event_type: string
  event: Record<string, unknown>
  error: string
  tries: number
  created_at: string
  updated_at: string
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

export const operationsApi = {
  listDeadLetters: contract({
    name: 'listDeadLetters',
    summary: 'Messages that the services of this process could not handle, newest first',
    query: Joi.object<PageQuery>(pageQuery),
    answers: { 200: { description: 'A page of dead letters', data: Joi.array().items(deadLetterSchema), paged: true } },
    errors: [],
  }),
  replayDeadLetter: contract({
    name: 'replayDeadLetter',
    summary: 'Hand a dead letter to its handler once more',
    params: idParams,
    answers: { 202: { description: 'It will be handled', data: deadLetterSchema } },
    errors: ['DEAD_LETTER_NOT_FOUND'],
  }),
}
