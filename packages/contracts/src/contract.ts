// What a route promises: its parameters, its body, its answers and its errors. Validation, OpenAPI and the SDK read the same object.
import type Joi from 'joi'
import type { ErrorCode } from './errors.ts'

/** Of what the documents describe; what breaks a client raises its first number. */
export const contractVersion = '1.0.0'

/** What an answer of a route looks like. `data` is wrapped in the envelope; `raw` stands alone, by content type. */
export interface AnswerContract {
  description: string
  data?: Joi.Schema
  /** True where `page.next_cursor` comes with the data. */
  paged?: boolean
  raw?: Record<string, Joi.Schema>
  headers?: Record<string, string>
}

/** A call that we make to the client's server, because of an operation. */
export interface CallbackContract {
  summary: string
  /** Where it goes, as an OpenAPI runtime expression: `{$request.body#/callback_url}`. */
  to: string
  headers: Record<string, string>
  type: string
  body: Joi.Schema
  /** What the client's answers mean to us, by status: `2XX`, `410`. */
  answers: Record<string, string>
}

/** `P`, `Q` and `B` are what a controller gets after validation: path parameters, query and body. */
export interface Contract<P = unknown, Q = unknown, B = unknown> {
  /** The operation's name, unique over all services: `placeOrder`. */
  name: string
  summary: string
  description?: string
  params?: Joi.ObjectSchema<P>
  query?: Joi.ObjectSchema<Q>
  body?: Joi.ObjectSchema<B>
  /** Request headers that the operation understands, with a sentence for each. */
  headers?: Record<string, string>
  answers: Record<number, AnswerContract>
  /** By name: `processFinished`. */
  callbacks?: Record<string, CallbackContract>
  /** The codes it may answer besides those that every route has (bad input, sign-in, limits, outage). */
  errors: ErrorCode[]
}

/** Keeps the types of a contract's parts. */
export function contract<P = unknown, Q = unknown, B = unknown>(it: Contract<P, Q, B>): Contract<P, Q, B> {
  return it
}
