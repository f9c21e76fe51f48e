// What the server found wrong with a form, by the field that it names, so that it stands where it was typed.
import { isWaybillError } from '@waybill/sdk'
import { sentence } from './sentence.ts'

export type FieldErrors = Readonly<Record<string, string>>

export function fieldErrorsOf(error: unknown): FieldErrors {
  if (!isWaybillError(error)) return {}
  return Object.fromEntries(error.errors.map(({ field, message }) => [field, sentence(message)]))
}

/** Whether every complaint stands at one of these fields, so that nothing is left to be said above the form. */
export function areAllAt(error: unknown, fields: readonly string[]): boolean {
  const named = Object.keys(fieldErrorsOf(error))
  return named.length > 0 && named.every(field => fields.includes(field))
}
