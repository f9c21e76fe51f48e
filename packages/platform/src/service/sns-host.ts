// The one host that SNS of a topic's region answers at: certificates and confirmations are fetched from there and from nowhere else.
import { type KeyObject, X509Certificate } from 'node:crypto'
import type { Clock } from '../clock/index.ts'
import { refuse } from '../http/index.ts'

/** As `fetch`, for tests that have no SNS. */
export type FetchFromSns = (url: URL, options: RequestInit) => Promise<Response>

const fetchMilliseconds = 5_000
/** SNS signs with one or two certificates at a time. */
const keptAtMost = 8
/** Where the partitions of AWS are; the others are at amazonaws.com. */
const domains: Record<string, string> = { 'aws-cn': 'amazonaws.com.cn', 'aws-eusc': 'amazonaws.eu' }
const certificatePath = /^\/SimpleNotificationService-[0-9A-Za-z]{1,64}\.pem$/

export class SnsHost {
  readonly #topicArn: string
  readonly #host: string
  readonly #fetch: FetchFromSns
  readonly #clock: Clock
  readonly #certificates = new Map<string, X509Certificate>()

  constructor(topicArn: string, { fetch, clock }: { fetch: FetchFromSns; clock: Clock }) {
    const [, partition = '', , region] = topicArn.split(':')
    this.#topicArn = topicArn
    this.#host = `sns.${region}.${domains[partition] ?? 'amazonaws.com'}`
    this.#fetch = fetch
    this.#clock = clock
  }

  /** The key of the certificate at this address. Refuses other hosts and what is no certificate that is valid now. */
  async readKey(address: string): Promise<KeyObject> {
    const url = this.#ours('SigningCertURL', address)
    if (!certificatePath.test(url.pathname) || url.search !== '') {
      throw refuse('NOTIFICATION_REFUSED', 'SigningCertURL does not name a certificate of SNS')
    }
    const certificate = this.#certificates.get(url.href) ?? (await this.#readCertificate(url))
    const now = this.#clock.now()
    if (now < certificate.validFromDate.getTime() || now > certificate.validToDate.getTime()) {
      throw refuse('NOTIFICATION_REFUSED', 'the certificate at SigningCertURL is not valid now')
    }
    return certificate.publicKey
  }

  /** Tells SNS that we want what it has for us. Only for a confirmation whose signature was verified. */
  async confirm(address: string): Promise<void> {
    const url = this.#ours('SubscribeURL', address)
    if (
      url.searchParams.get('Action') !== 'ConfirmSubscription' ||
      url.searchParams.get('TopicArn') !== this.#topicArn
    ) {
      throw refuse('NOTIFICATION_REFUSED', 'SubscribeURL does not confirm a subscription of the topic')
    }
    await this.#get(url)
  }

  #ours(field: string, address: string): URL {
    const url = URL.parse(address)
    // The host with its port; a user name in front of it would be no part of it.
    if (url?.protocol === 'https:' && url.host === this.#host && url.username === '' && url.password === '') return url
    throw refuse('NOTIFICATION_REFUSED', `${field} does not begin with https://${this.#host}/`)
  }

  async #readCertificate(url: URL): Promise<X509Certificate> {
    const pem = await this.#get(url)
    let certificate: X509Certificate
    try {
      certificate = new X509Certificate(pem)
    } catch (error) {
      throw refuse('NOTIFICATION_REFUSED', 'there is no certificate at SigningCertURL', { cause: error })
    }
    if (this.#certificates.size >= keptAtMost) this.#certificates.clear()
    this.#certificates.set(url.href, certificate)
    return certificate
  }

  async #get(url: URL): Promise<string> {
    try {
      const response = await this.#fetch(url, { redirect: 'error', signal: AbortSignal.timeout(fetchMilliseconds) })
      if (!response.ok) throw new Error(`${url.host} answered ${response.status}`)
      return await response.text()
    } catch (error) {
      // SNS posts again what was answered with a 5xx.
      throw refuse('DEPENDENCY_UNAVAILABLE', 'SNS does not answer: its notification is taken when it is sent again', {
        cause: error,
        headers: { 'Retry-After': '5' },
      })
    }
  }
}
