// Which error codes a route may answer: those of its contract and those that its access and its input bring along.
import { type ErrorCode, errorCatalogue } from '@waybill/contracts'
import type { Route } from './route.ts'

const always: ErrorCode[] = ['TOO_MANY_REQUESTS', 'INTERNAL_ERROR', 'DEPENDENCY_UNAVAILABLE']
const withBody: ErrorCode[] = ['MALFORMED_JSON', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE']
const catalogueOrder = Object.keys(errorCatalogue) as ErrorCode[]

/** Every code once, in the order of the catalogue: by status. */
export function errorCodesOf({ access, contract, rawBody }: Route): ErrorCode[] {
  const codes = new Set<ErrorCode>([...contract.errors, ...always])
  if (access !== 'public') codes.add('NOT_AUTHENTICATED')
  if (access === 'operator' || access === 'peer') codes.add('FORBIDDEN')
  if (contract.params || contract.query || contract.body) codes.add('VALIDATION_FAILED')
  if (contract.body) for (const code of withBody) codes.add(code)
  if (rawBody) codes.add('PAYLOAD_TOO_LARGE')
  return catalogueOrder.filter(code => codes.has(code))
}
