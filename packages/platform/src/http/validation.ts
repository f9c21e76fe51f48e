// Checks parameters, query and body against their schemas and names every field that is wrong.
import type Joi from 'joi'
import { ApiError, type FieldError } from './api-error.ts'

const common: Joi.ValidationOptions = { abortEarly: false, errors: { label: false, wrap: { label: false } } }
/** Texts are converted where everything arrives as text; unknown query parameters do no harm and are dropped. */
const forText: Joi.ValidationOptions = { ...common, convert: true, stripUnknown: true }
/** A body says what it means: "1" is not 1, and a field nobody knows is refused. */
const forBody: Joi.ValidationOptions = { ...common, convert: false, allowUnknown: false }

interface Parts {
  params?: Joi.ObjectSchema
  query?: Joi.ObjectSchema
  body?: Joi.ObjectSchema
}

export interface Checked {
  params: unknown
  query: unknown
  body: unknown
}

/** Answers what the controller gets, defaults filled in; throws VALIDATION_FAILED with every bad field of all three parts. */
export function validateRequest(contract: Parts, given: Checked): Checked {
  const errors: FieldError[] = []
  const check = (schema: Joi.ObjectSchema | undefined, value: unknown, options: Joi.ValidationOptions) => {
    if (!schema) return value
    const result = schema.validate(value, options)
    if (result.error) errors.push(...result.error.details.flatMap(fieldErrors))
    return result.value
  }
  const checked = {
    params: check(contract.params, given.params, forText),
    query: check(contract.query, given.query, forText),
    body: check(contract.body, given.body, forBody),
  }
  if (errors.length > 0) throw validationFailed(errors)
  return checked
}

export function validationFailed(errors: FieldError[]): ApiError {
  const shown = errors.slice(0, 3).map(({ field, message }) => `${field} ${message}`)
  const more = errors.length > 3 ? ` and ${errors.length - 3} more` : ''
  return new ApiError('VALIDATION_FAILED', shown.join('; ') + more, { errors })
}

/** `['items', 0, 'dataset']` is `items[0].dataset`; the whole body is `body`. */
export function fieldPath(path: readonly (string | number)[]): string {
  if (path.length === 0) return 'body'
  return path.map((part, at) => (typeof part === 'number' ? `[${part}]` : at === 0 ? part : `.${part}`)).join('')
}

function fieldErrors(detail: Joi.ValidationErrorItem): FieldError[] {
  const message = detail.message.replace(/^"[^"]*" /, '')
  if (detail.type === 'object.missing') {
    const peers = (detail.context?.peers ?? []) as string[]
    return [{ field: peers.join(' or '), message: 'is required' }]
  }
  if (detail.type === 'object.with') {
    return [{ field: String(detail.context?.peer), message: `is required with ${detail.context?.main}` }]
  }
  return [{ field: fieldPath(detail.path), message }]
}
