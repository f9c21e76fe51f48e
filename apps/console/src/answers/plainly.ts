// What the API tells programs and people alike, for people alone: moments in their own time zone, and without the calls that a program would make.
import { formatTime } from '../amounts.ts'

const moments = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g
const callsInBrackets = / \((GET|POST|PUT|PATCH|DELETE) [^)]*\)/g
const callsAsHints = /[:;] (GET|POST|PUT|PATCH|DELETE) \/[^.;]*/g
const addressOfTheData = /; its data is at \/\S+?(?=[.;]?(\s|$))/g
/** The codes of the API, and the commonest of gateways; names of datasets may look alike and are left as they are. */
const codes =
  /\b(payment_declined|payment_expired|cancelled_by_user|processing_failed|card_declined|insufficient_funds)\b/g

export function plainly(text: string): string {
  return text
    .replace(moments, formatTime)
    .replace(callsInBrackets, '')
    .replace(callsAsHints, '')
    .replace(addressOfTheData, '')
    .replace(codes, code => code.replaceAll('_', ' '))
}

const toOwner = [
  [/\bits owner pays it\b/g, 'you pay it'],
  [/\bfor its owner to pay\b/g, 'for you to pay'],
  [/\bby its owner\b/g, 'by you'],
] as const

/** What is said of an order's owner, said to them. */
export function toldToOwner(text: string): string {
  return toOwner.reduce((told, [of, to]) => told.replace(of, to), text)
}
