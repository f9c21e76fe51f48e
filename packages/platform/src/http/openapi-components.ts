// The parts of the OpenAPI document that operations share: the problem document, the page, headers and sign-in.
import { type ErrorCode, errorCatalogue } from '@waybill/contracts'
import { ApiError, problemDocument } from './api-error.ts'
import type { JsonSchema, NamedSchemas } from './json-schema.ts'

export interface MediaType {
  schema: JsonSchema
  examples?: Record<string, { summary: string; value: unknown }>
}
export interface Response {
  description: string
  headers?: Record<string, unknown>
  content?: Record<string, MediaType>
}
export type Reference = { $ref: string }

export interface Components {
  schemas: NamedSchemas
  responses: Record<string, Response>
  headers: Record<string, unknown>
  securitySchemes: Record<string, unknown>
}

const exampleRequestId = '019a9b3c-5d1e-7c40-8f2a-6b1d0e9c4a77'
export const requestIdHeader = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } }
export const textHeader = (description: string) => ({ description, schema: { type: 'string' } })
const countHeader = (description: string) => ({ description, schema: { type: 'integer', minimum: 0 } })

export function commonComponents(): Components {
  const requestId = { type: 'string', pattern: '^[A-Za-z0-9._-]{1,128}$', examples: [exampleRequestId] }
  const text = { type: 'string' }
  return {
    schemas: {
      RequestId: { ...requestId, description: 'The same as in the header X-Request-Id' },
      Page: {
        type: 'object',
        properties: { next_cursor: { type: ['string', 'null'], description: 'null on the last page' } },
        required: ['next_cursor'],
      },
      Problem: {
        type: 'object',
        description: 'RFC 9457',
        properties: {
          type: { type: 'string', format: 'uri' },
          title: text,
          status: { type: 'integer' },
          detail: { ...text, description: 'What was wrong, where, and what to do' },
          instance: { ...text, description: 'The path of the request' },
          code: { ...text, description: 'One of the catalogue; stable' },
          request_id: { $ref: '#/components/schemas/RequestId' },
          retryable: { type: 'boolean', description: 'Whether trying again can help' },
          errors: {
            type: 'array',
            description: 'For a bad request: every bad field',
            items: { type: 'object', properties: { field: text, message: text }, required: ['field', 'message'] },
          },
        },
        required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'request_id', 'retryable'],
      },
    },
    responses: {},
    headers: {
      RequestId: { description: "The request's own, else a new one", schema: requestId },
      RetryAfter: countHeader('Seconds until it is worth trying again'),
      RateLimitLimit: countHeader('Requests a minute'),
      RateLimitRemaining: countHeader('How many of them are left'),
      RateLimitReset: countHeader('Seconds until all of them are back'),
      Challenge: { description: 'How to sign in (RFC 6750)', schema: { type: 'string', const: 'Bearer' } },
    },
    securitySchemes: {
      accessToken: {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: 'The `access_token` that signing in answers',
      },
    },
  }
}

/** Named by its codes, so that operations which may answer the same share one response. */
export function sharedProblem(codes: ErrorCode[], components: Components): Reference {
  const name = codes.join('.')
  components.responses[name] ??= problemOf(codes)
  return { $ref: `#/components/responses/${name}` }
}

export function problemOf(codes: ErrorCode[]): Response {
  const schema = {
    allOf: [
      { $ref: '#/components/schemas/Problem' },
      { type: 'object', properties: { code: { type: 'string', enum: codes } } },
    ],
  }
  const examples = Object.fromEntries(
    codes.map(code => [code, { summary: errorCatalogue[code].title, value: exampleOf(code) }]),
  )
  return {
    description: codes.map(code => `\`${code}\`: ${errorCatalogue[code].title}`).join('\n\n'),
    headers: { ...requestIdHeader, ...headersOfProblems(codes) },
    content: { 'application/problem+json': { schema, examples } },
  }
}

function headersOfProblems(codes: ErrorCode[]): Record<string, unknown> {
  const headers: Record<string, unknown> = {}
  if (codes.includes('NOT_AUTHENTICATED')) headers['WWW-Authenticate'] = { $ref: '#/components/headers/Challenge' }
  if (codes.some(code => errorCatalogue[code].retryable && errorCatalogue[code].status !== 500)) {
    headers['Retry-After'] = { $ref: '#/components/headers/RetryAfter' }
  }
  if (codes.includes('TOO_MANY_REQUESTS')) {
    for (const part of ['Limit', 'Remaining', 'Reset']) {
      headers[`RateLimit-${part}`] = { $ref: `#/components/headers/RateLimit${part}` }
    }
  }
  return headers
}

function exampleOf(code: ErrorCode): unknown {
  const { status, title } = errorCatalogue[code]
  const errors = code === 'VALIDATION_FAILED' ? [{ field: 'id', message: 'must be a valid GUID' }] : undefined
  return JSON.parse(problemDocument(new ApiError(code, title, { errors }), exampleRequestId, '/path', status))
}
