// SNS brings events over HTTPS: what it signed for our topic is taken, once; everything else is refused, and nothing is fetched for it.
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { newEvent } from '../src/bus/index.ts'
import { call, startService, type TestHost, until } from '../src/testing/index.ts'
import { type EchoService, echoService } from './echo-service.ts'
import { FakeSns, type Posted, topicArn } from './fake-sns.ts'
import { makeCertificate } from './self-made-certificate.ts'

const day = 24 * 3_600_000
const create = echoService((service, { broker }) => {
  echo ??= service
  service.plumbing.consumer.subscribe(broker, {
    'payment.authorized': async (tx, event) => {
      await tx.insertInto('notes').values({ id: uuidv7(), text: event.data.payment_id }).execute()
    },
  })
})

let sns: FakeSns
let host: TestHost
/** That of the first host. */
let echo: EchoService | undefined

beforeAll(async () => {
  sns = new FakeSns(Date.now())
  host = await startService([create], { env: { SNS_TOPIC_ARN: topicArn }, fetchFromSns: sns.fetch })
})
afterAll(() => host.stop())
beforeEach(() => {
  sns.asked.length = 0
  sns.isAway = false
})

const now = () => host.clock.now()
const authorized = () => {
  const facts = { payment_id: uuidv7(), order_id: uuidv7(), user_id: uuidv7(), amount: 1, currency: 'USD' }
  return newEvent('payment.authorized', facts.order_id, facts, now())
}
const post = (posted: Posted | string, service = 'order') =>
  call(host.url, `POST /sns/${service}`, { body: posted, headers: { 'Content-Type': 'text/plain; charset=UTF-8' } })
const notes = async () => (await echo!.notes.db.selectFrom('notes').select('text').execute()).map(({ text }) => text)
const paymentIn = (event: { data: object }) => (event.data as { payment_id: string }).payment_id

test.each(['1', '2'])(
  'an event that SNS signed (version %s) is handled once, however often it comes',
  async version => {
    const event = authorized()
    const posted = sns.notification(JSON.stringify(event), now(), { SignatureVersion: version })
    expect((await post(posted)).status).toBe(204)
    expect((await post(posted)).status).toBe(204)
    const again = sns.notification(JSON.stringify(event), now(), { SignatureVersion: version, Subject: 'again' })
    expect((await post(again)).status).toBe(204)
    expect((await notes()).filter(text => text === paymentIn(event))).toHaveLength(1)
  },
)

test('the certificate is fetched once', async () => {
  const fresh = await startService([create], { env: { SNS_TOPIC_ARN: topicArn }, fetchFromSns: sns.fetch })
  for (let time = 0; time < 3; time++) {
    const posted = sns.notification(JSON.stringify(authorized()), now())
    expect((await call(fresh.url, 'POST /sns/order', { body: posted })).status).toBe(204)
  }
  await fresh.stop()
  expect(sns.asked).toEqual(['https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123abcd.pem'])
})

test('a message that is no event waits for a person', async () => {
  expect((await post(sns.notification('{ rubbish', now()))).status).toBe(204)
  const { token } = host.users.signIn({ role: 'operator' })
  const letters = () => call<{ event: object }[]>(host.url, 'GET /dead-letters', { token })
  expect((await letters()).body.data).toMatchObject([{ event: { message: '{ rubbish' } }])
})

test('a subscription is confirmed where SNS says, once its signature is verified', async () => {
  const posted = sns.confirmation(now())
  expect((await post(posted)).status).toBe(204)
  expect(sns.asked.at(-1)).toBe(posted.SubscribeURL)
})

test('the end of a subscription is taken note of, and nothing is fetched to undo it', async () => {
  expect((await post(sns.confirmation(now(), { Type: 'UnsubscribeConfirmation' }))).status).toBe(204)
  expect(sns.asked.filter(url => url.includes('Action='))).toEqual([])
})

const elsewhere = 'https://sns.eu-central-1.amazonaws.com.example.com'
const refused: [string, (posted: Posted) => Posted][] = [
  ['a message that was changed', posted => ({ ...posted, Message: '{}' })],
  ['a subject that was added', posted => ({ ...posted, Subject: 'x' })],
  ['a signature of the other version', posted => ({ ...posted, SignatureVersion: '1' })],
  ['a signature that is none', posted => ({ ...posted, Signature: 'AAAA' })],
  ['another topic', posted => sns.sign({ ...posted, TopicArn: `${topicArn}-of-somebody-else` })],
  ['an hour and a minute ago', posted => sns.sign({ ...posted, Timestamp: new Date(now() - 3_660_000).toISOString() })],
  ['ten minutes ahead', posted => sns.sign({ ...posted, Timestamp: new Date(now() + 600_000).toISOString() })],
]
test.each(refused)('refused: %s', async (_, change) => {
  const reply = await post(change(sns.notification(JSON.stringify(authorized()), now())))
  expect([reply.status, reply.body.code]).toEqual([400, 'NOTIFICATION_REFUSED'])
})

test.each([
  ...['http://sns.eu-central-1.amazonaws.com', 'https://sns.us-east-1.amazonaws.com', 'https://s3.amazonaws.com'],
  ...[elsewhere, 'https://sns.eu-central-1.amazonaws.com:8443', 'https://sns.eu-central-1.amazonaws.com@example.com'],
  ...['https://127.0.0.1', 'file://', 'rubbish'],
])('no certificate is fetched from %s', async at => {
  const SigningCertURL = `${at}/SimpleNotificationService-0123abcd.pem`
  const reply = await post(sns.notification(JSON.stringify(authorized()), now(), { SigningCertURL }))
  expect([reply.status, reply.body.code]).toEqual([400, 'NOTIFICATION_REFUSED'])
  expect(sns.asked).toEqual([])
})

test.each(['/other.pem', '/?Action=Publish', '/SimpleNotificationService-0123abcd.pem?x=1', '/../x.pem'])(
  'no certificate is fetched from %s of the right host',
  async path => {
    const SigningCertURL = `https://sns.eu-central-1.amazonaws.com${path}`
    const reply = await post(sns.notification(JSON.stringify(authorized()), now(), { SigningCertURL }))
    expect([reply.status, reply.body.code]).toEqual([400, 'NOTIFICATION_REFUSED'])
    expect(sns.asked).toEqual([])
  },
)

test.each([
  ['rubbish', () => 'rubbish'],
  [
    'one that is not valid any more',
    () => makeCertificate('sns.amazonaws.com', Date.now() - 2 * day, Date.now() - day).pem,
  ],
  ['that of another key', () => makeCertificate('sns.amazonaws.com', Date.now() - day, Date.now() + day).pem],
])('the certificate must not be %s', async (name, pem) => {
  const path = `/SimpleNotificationService-${Buffer.from(name).toString('hex').slice(0, 40)}.pem`
  sns.serve(path, pem())
  const SigningCertURL = `https://sns.eu-central-1.amazonaws.com${path}`
  const reply = await post(sns.notification(JSON.stringify(authorized()), now(), { SigningCertURL }))
  expect([reply.status, reply.body.code]).toEqual([400, 'NOTIFICATION_REFUSED'])
})

test.each([
  `${elsewhere}/?Action=ConfirmSubscription&TopicArn=${topicArn}`,
  `http://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${topicArn}`,
  `https://sns.eu-central-1.amazonaws.com/?Action=DeleteTopic&TopicArn=${topicArn}`,
  'https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=another',
])('nothing is confirmed at %s, though it is signed', async SubscribeURL => {
  const reply = await post(sns.confirmation(now(), { SubscribeURL }))
  expect([reply.status, reply.body.code]).toEqual([400, 'NOTIFICATION_REFUSED'])
  expect(sns.asked).not.toContain(SubscribeURL)
})

test('while SNS cannot be asked it is told to come again, and then it is taken', async () => {
  const event = authorized()
  const SigningCertURL = 'https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-77.pem'
  const posted = sns.notification(JSON.stringify(event), now(), { SigningCertURL })
  sns.isAway = true
  const reply = await post(posted)
  expect([reply.status, reply.body.code]).toEqual([503, 'DEPENDENCY_UNAVAILABLE'])
  sns.isAway = false
  expect((await post(sns.notification(JSON.stringify(event), now()))).status).toBe(204)
  await until(notes, seen => seen.includes(paymentIn(event)))
})

test('what is no notification is refused, with the fields that are wrong', async () => {
  expect((await post('{ rubbish')).body.code).toBe('MALFORMED_JSON')
  const reply = await post({ Type: 'Notification', SignatureVersion: '3' })
  expect(reply.body.code).toBe('VALIDATION_FAILED')
  expect(reply.body.errors?.map(({ field }) => field)).toContain('SignatureVersion')
})

test('a service that is not hosted here, or that there is not, takes nothing', async () => {
  const posted = sns.notification(JSON.stringify(authorized()), now())
  expect((await post(posted, 'payment')).body.code).toBe('SERVICE_NOT_HOSTED')
  expect((await post(posted, 'nobody')).status).toBe(400)
})

test('without a topic in the settings nothing is taken, whoever signed it', async () => {
  const bare = await startService([create], { fetchFromSns: sns.fetch })
  const posted = sns.notification(JSON.stringify(authorized()), now())
  const reply = await call(bare.url, 'POST /sns/order', { body: posted })
  await bare.stop()
  expect([reply.status, reply.body.code]).toEqual([400, 'NOTIFICATION_REFUSED'])
  expect(reply.body.detail).toContain('SNS_TOPIC_ARN')
  expect(sns.asked).toEqual([])
})
