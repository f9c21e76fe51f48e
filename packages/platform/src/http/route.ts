// A route is a row of data: verb, path, contract, access, controller. Express, OpenAPI and the access test read the same rows.
import type { IncomingHttpHeaders } from 'node:http'
import type { Contract } from '@waybill/contracts'
import type { Principal } from '../auth/index.ts'
import type { AnyTx } from '../db/index.ts'
import type { Answer } from './answer.ts'
import type { IdempotencyKeys } from './idempotency.ts'

export type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete'
/** `peer`: for the services among each other, in the name of whoever called the first of them. */
export type Access = 'public' | 'customer' | 'operator' | 'peer'

export interface ApiRequest<P = unknown, Q = unknown, B = unknown> {
  readonly requestId: string
  readonly params: P
  readonly query: Q
  readonly body: B
  /** The body's bytes, on routes with `rawBody`. */
  readonly rawBody: Buffer
  /** Who calls; on public routes reading it is an error of ours. */
  readonly caller: Principal
  /** The caller's own access token, to be handed to peers that are asked in their name. */
  readonly token: string
  readonly headers: IncomingHttpHeaders
  /** Aborted when the client is gone or the server stops. */
  readonly signal: AbortSignal
  /** On idempotent routes: keeps the answer under the request's Idempotency-Key, in the transaction that makes it true. */
  keepAnswer(tx: AnyTx, answer: Answer): Promise<void>
}

export type Controller<P = unknown, Q = unknown, B = unknown> = (
  request: ApiRequest<P, Q, B>,
) => Promise<Answer> | Answer

export interface RouteRow<P, Q, B> {
  verb: Verb
  path: string
  contract: Contract<P, Q, B>
  access: Access
  controller: Controller<P, Q, B>
  /** `sign-in` is counted against SIGN_IN_LIMIT_PER_MINUTE too, by address and e-mail; `none` is not counted at all. */
  limit?: 'sign-in' | 'none'
  /** The service's keys, where the operation understands Idempotency-Key. */
  idempotency?: IdempotencyKeys
  /** The body is taken as bytes and not parsed: a signature covers it. */
  rawBody?: true
}

/** A row whose types have done their work. */
export interface Route extends RouteRow<never, never, never> {
  service: string
}

/** Makes the rows of a service's table; each row's controller is checked against its contract. */
export function routesOf(service: string) {
  return <P, Q, B>(row: RouteRow<P, Q, B>): Route => ({ ...row, service }) as unknown as Route
}

/** The controller type that a contract asks for. */
export type ControllerOf<C> = C extends Contract<infer P, infer Q, infer B> ? Controller<P, Q, B> : never
