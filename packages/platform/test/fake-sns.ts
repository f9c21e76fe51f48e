// Stands for SNS where it calls and is called over HTTPS: signs what it posts, serves its certificate, counts confirmations.
import { createSign, randomUUID } from 'node:crypto'
import { makeCertificate } from './self-made-certificate.ts'

const day = 24 * 3_600_000
const host = 'https://sns.eu-central-1.amazonaws.com'
export const topicArn = 'arn:aws:sns:eu-central-1:123456789012:waybill-events'

export type Posted = Record<string, string>

/** Signs as the documents of AWS say; here once more, by hand, so that the test does not believe what it tests. */
function textOf(posted: Posted): string {
  const fields =
    posted.Type === 'Notification'
      ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
      : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']
  let text = ''
  for (const field of fields) if (field in posted) text += `${field}\n${posted[field]}\n`
  return text
}

export class FakeSns {
  /** What was fetched, in its order. */
  readonly asked: string[] = []
  readonly #own
  readonly #pages = new Map<string, string>()
  /** While true, nobody answers. */
  isAway = false

  constructor(now: number) {
    this.#own = makeCertificate('sns.amazonaws.com', now - day, now + day)
    this.serve('/SimpleNotificationService-0123abcd.pem', this.#own.pem)
  }

  serve(path: string, text: string): void {
    this.#pages.set(host + path, text)
  }

  readonly fetch = async (url: URL): Promise<Response> => {
    this.asked.push(url.href)
    if (this.isAway) throw new TypeError('fetch failed')
    if (url.searchParams.get('Action') === 'ConfirmSubscription') return new Response('<ConfirmSubscriptionResponse/>')
    const text = this.#pages.get(url.href)
    return new Response(text ?? 'AccessDenied', { status: text === undefined ? 403 : 200 })
  }

  notification(message: string, now: number, changes: Posted = {}): Posted {
    return this.sign({
      Type: 'Notification',
      MessageId: randomUUID(),
      TopicArn: topicArn,
      Message: message,
      Timestamp: new Date(now).toISOString(),
      SignatureVersion: '2',
      SigningCertURL: `${host}/SimpleNotificationService-0123abcd.pem`,
      UnsubscribeURL: `${host}/?Action=Unsubscribe`,
      ...changes,
    })
  }

  confirmation(now: number, changes: Posted = {}): Posted {
    const query = new URLSearchParams({ Action: 'ConfirmSubscription', TopicArn: topicArn, Token: 'abc' })
    const asked = { Type: 'SubscriptionConfirmation', Token: 'abc', SubscribeURL: `${host}/?${query}` }
    return this.notification('You have chosen to subscribe to the topic.', now, { ...asked, ...changes })
  }

  sign(posted: Posted): Posted {
    const algorithm = posted.SignatureVersion === '1' ? 'RSA-SHA1' : 'RSA-SHA256'
    const signature = createSign(algorithm).update(textOf(posted)).sign(this.#own.privateKey, 'base64')
    return { ...posted, Signature: signature }
  }
}
