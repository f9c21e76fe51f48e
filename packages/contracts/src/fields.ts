// The fields that recur in bodies, queries and events: what an id, a time, an amount, a name may be.
import Joi from 'joi'
import { compressions, exportFormats } from './words.ts'

export const id = () =>
  Joi.string()
    .guid({ separator: '-', wrapper: false })
    .lowercase()
    .description('UUID')
    .messages({ 'string.guid': '{{#label}} must be a UUID' })
export const time = () =>
  Joi.string().isoDate().description('RFC 3339, UTC, milliseconds').example('2026-11-21T10:00:00.000Z')

/** Text of a certain form; `form` says it in words, for whoever got it wrong and for the documents. */
export const formed = (pattern: RegExp, form: string) =>
  Joi.string()
    .pattern(pattern)
    .messages({ 'string.pattern.base': `{{#label}} must be ${form}` })
    .description(form)

/** The largest amount that may be asked for one dataset: fifty of them still count exactly. */
export const largestPrice = 1_000_000_000
export const amount = () =>
  Joi.number()
    .integer()
    .min(0)
    .max(largestPrice * 50)
    .description('Minor units of the currency')
    .example(100)

const currencies = Intl.supportedValuesOf('currency')
export const currency = () =>
  formed(/^[A-Z]{3}$/, 'a currency of ISO 4217, such as USD')
    .custom((value: string, tools) => (currencies.includes(value) ? value : tools.error('string.pattern.base')))
    .example('USD')

/** Names of datasets and accounts: no slash, never a leading dot, so no name can leave its folder. */
export const areaNamePattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/
const areaNameForm = '1–100 of A-Za-z0-9._- without a leading dot'
export const datasetName = () => formed(areaNamePattern, areaNameForm).example('airports')
/** `_shared` is everybody's to read, so it can be nobody's account. */
export const accountName = () => formed(areaNamePattern, areaNameForm).invalid('_shared')
export const cloudName = () =>
  formed(/^[A-Z][A-Z0-9_-]{0,39}$/, 'the name of a cloud: up to 40 of A-Z0-9_-, a letter first').example('LOCAL')

export const exportFormat = () => Joi.string().valid(...exportFormats)
/** Of a file that is packed; it stands nowhere where a file is not. */
export const compression = () =>
  Joi.string()
    .valid(...compressions)
    .optional()

export interface PageQuery {
  limit: number
  cursor?: string
}
/** The parameters that every growing list takes. */
export const pageQuery = {
  limit: Joi.number().integer().min(1).max(100).default(20).description('How many, 1–100'),
  cursor: Joi.string().max(1_000).description('next_cursor of the page before'),
}

export interface IdParams {
  id: string
}
export const idParams = Joi.object<IdParams>({ id: id().required() })

/** Keeps an object schema's answer type: every property stands in every answer. */
export function answer<T>(properties: Joi.StrictSchemaMap<T>): Joi.ObjectSchema<T> {
  return Joi.object<T, true>(properties).options({ presence: 'required' })
}

/** An answer that recurs: documents describe it once, under `name`. */
export function namedAnswer<T>(name: string, properties: Joi.StrictSchemaMap<T>): Joi.ObjectSchema<T> {
  return answer<T>(properties).meta({ component: name })
}
