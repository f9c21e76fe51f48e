// What SNS posts over HTTPS, and whether it was SNS that signed it
// (Amazon SNS Developer Guide, "Verifying the signatures of Amazon SNS messages").
import { createVerify, type KeyObject } from 'node:crypto'
import Joi from 'joi'
import { refuse, validateRequest } from '../http/index.ts'

export interface SnsNotification {
  Type: 'Notification' | 'SubscriptionConfirmation' | 'UnsubscribeConfirmation'
  MessageId: string
  TopicArn: string
  Message: string
  Subject?: string
  Timestamp: string
  SignatureVersion: '1' | '2'
  Signature: string
  SigningCertURL: string
  SubscribeURL?: string
  Token?: string
}

const forSubscriptions = Joi.string().when('Type', { is: 'Notification', otherwise: Joi.required() })
const schema = Joi.object<SnsNotification>({
  Type: Joi.string().valid('Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation').required(),
  MessageId: Joi.string().required(),
  TopicArn: Joi.string().required(),
  Message: Joi.string().required(),
  Subject: Joi.string(),
  Timestamp: Joi.string().isoDate().required(),
  SignatureVersion: Joi.string().valid('1', '2').required(),
  Signature: Joi.string().base64().required(),
  SigningCertURL: Joi.string().required(),
  SubscribeURL: forSubscriptions,
  Token: forSubscriptions,
}).unknown()

/** Refuses what is no JSON (MALFORMED_JSON) and what SNS would not post (VALIDATION_FAILED). */
export function readNotification(body: Buffer): SnsNotification {
  let given: unknown
  try {
    given = JSON.parse(body.toString())
  } catch (error) {
    throw refuse('MALFORMED_JSON', (error as Error).message)
  }
  return validateRequest({ body: schema }, { params: {}, query: {}, body: given }).body as SnsNotification
}

const signedFields = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
} as const
const algorithms = { 1: 'RSA-SHA1', 2: 'RSA-SHA256' } as const

/** The text that the signature covers: each field's name and value on a line of its own, fields that are not there left out. */
export function signedText(notification: SnsNotification): string {
  return signedFields[notification.Type]
    .filter(field => notification[field] !== undefined)
    .map(field => `${field}\n${notification[field]}\n`)
    .join('')
}

export function isSignedBy(key: KeyObject, notification: SnsNotification): boolean {
  const { Signature, SignatureVersion } = notification
  return createVerify(algorithms[SignatureVersion]).update(signedText(notification)).verify(key, Signature, 'base64')
}
