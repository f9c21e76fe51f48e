// Every setting of Waybill, with a sentence for each: the schema that is checked at start and the source of its reference page.
import {
  type Configuration,
  type Environment,
  readConfiguration,
  readSettings,
  type Settings as SettingsOf,
  setting,
  stages,
} from '@waybill/platform/config'
import { serviceNames } from './services.ts'

const {
  boolean,
  configKeys,
  duration,
  durationUpTo,
  httpUrl,
  list,
  matching,
  number,
  oneOf,
  origins,
  secretBytes,
  secretText,
  text,
} = setting

const databaseUrl = matching(
  'sqlite:<file> or mysql://user:password@host:port/database',
  /^(sqlite:.+|mysql:\/\/[^\s/@]+@[^\s/@]+\/[^\s/?]+(\?\S*)?)$/,
  true,
)
const isFile = (url: string) => url.startsWith('sqlite:')
const serviceUrl = (service: string) =>
  httpUrl({ description: `Where the ${service} service answers when another process hosts it.` })

export const settingsSchema = {
  WAYBILL_ENV: oneOf(...stages)({
    environmentOnly: true,
    description: 'The stage: which part of the document at CONFIG_URI is laid over its default part.',
  }),
  CONFIG_URI: matching(
    'file:<path> or s3://bucket/key',
    /^(file:[^\s?#]+|s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/[^\s?#]+)$/,
  )({
    environmentOnly: true,
    description: 'A document with settings for all that the environment does not set.',
  }),
  CONFIG_REFRESH: duration({
    description:
      'How often the document is read again, give or take a fifth; on SIGHUP it always is. Changed settings take effect without a request failing.',
  }),
  WAYBILL_CONFIG_KEY: configKeys({
    isHarmless: keys => keys.split(',').every(key => key.trim().startsWith('kms:')),
    description:
      'Opens settings that are encrypted (encrypted:v1:…), in the document or the environment; the first key is in use, others are earlier ones. A document may hold only those that begin with kms:.',
  }),
  PORT: number({ min: 0, max: 65_535 })({
    fallback: '8000',
    description: 'The TCP port to serve on; 0 takes a free one.',
  }),
  HOST: text({ fallback: '127.0.0.1', description: 'The address to listen on; 0.0.0.0 for every interface.' }),
  PUBLIC_URL: httpUrl({ description: 'The URL that clients reach the server by, for documents that name it.' }),
  WAYBILL_SERVICES: list(...serviceNames)({
    fallback: serviceNames.join(','),
    description: 'The services that this process hosts.',
  }),
  WAYBILL_WORK: oneOf(
    'all',
    'http',
    'export',
  )({
    fallback: 'all',
    description:
      'What this process does for the data service: http answers requests and events and leaves exports to others; export works off exports and serves only health and metrics; all does both. http and export need MySQL, and RabbitMQ or SNS.',
  }),
  WAYBILL_HOME: text({
    fallback: './var',
    description: 'The folder for SQLite files, the generated secret key and the LOCAL cloud.',
  }),
  WAYBILL_SECRET_KEY: secretBytes(32, {
    description:
      'Encrypts what is secret in the databases; the same for all processes. Made under WAYBILL_HOME when one process hosts all services on SQLite.',
  }),
  USER_DATABASE_URL: databaseUrl({
    isHarmless: isFile,
    description: "The user service's database; sqlite under WAYBILL_HOME by default.",
  }),
  ORDER_DATABASE_URL: databaseUrl({
    isHarmless: isFile,
    description: "The order service's database; sqlite under WAYBILL_HOME by default.",
  }),
  PAYMENT_DATABASE_URL: databaseUrl({
    isHarmless: isFile,
    description: "The payment service's database; sqlite under WAYBILL_HOME by default.",
  }),
  DATA_DATABASE_URL: databaseUrl({
    isHarmless: isFile,
    description: "The data service's database; sqlite under WAYBILL_HOME by default.",
  }),
  DATABASE_POOL_SIZE: number({ min: 3, max: 1_000 })({
    fallback: '10',
    description: 'How many connections each service of this process keeps to its MySQL database at most.',
  }),
  SQLITE_SYNCHRONOUS: oneOf(
    'full',
    'normal',
  )({
    fallback: 'full',
    description:
      'full: what is answered survives a power cut; normal: it survives a crash of the process, with fewer disk syncs.',
  }),
  BROKER_URL: matching(
    'memory:, amqp(s)://user:password@host:5672/vhost or sns://region/prefix',
    /^(memory:|sns:\/\/[a-z0-9-]*(?:\/[A-Za-z0-9_-]{0,30})?|amqps?:\/\/(?:[^\s:@/]+:[^\s@/]+@)?(?:\[[0-9a-fA-F:]+\]|[^\s:@/]+)(?::\d{1,5})?(?:\/[^\s/]*)?)$/,
    true,
  )({
    fallback: 'memory:',
    isHarmless: url => !url.includes('@'),
    description:
      'The broker that carries events between the services: memory: where one process hosts them all, else RabbitMQ, or SNS and SQS in a region of AWS, where all names begin with the prefix (sns:// alone: AWS_REGION, waybill).',
  }),
  AWS_REGION: matching(
    'a region of AWS, such as eu-central-1',
    /^[a-z0-9-]{1,40}$/,
  )({
    description:
      'The region of SNS and SQS where BROKER_URL names none; from the environment, that of S3 and KMS, too.',
  }),
  AWS_ENDPOINT_URL: httpUrl({
    description: 'Where AWS answers, if not at its own addresses: an emulator, or an endpoint in a private network.',
  }),
  AWS_ENDPOINT_URL_S3: httpUrl({
    environmentOnly: true,
    description: 'The same for S3 alone, where CONFIG_URI is s3://….',
  }),
  AWS_ENDPOINT_URL_KMS: httpUrl({
    environmentOnly: true,
    description: 'The same for KMS alone, which opens keys that begin with kms:.',
  }),
  AWS_ENDPOINT_URL_SNS: httpUrl({ description: 'The same for SNS alone.' }),
  AWS_ENDPOINT_URL_SQS: httpUrl({ description: 'The same for SQS alone.' }),
  SNS_TOPIC_ARN: matching(
    'an ARN, such as arn:aws:sns:eu-central-1:123456789012:waybill-events',
    /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/,
  )({
    description:
      'The topic of the events where somebody else makes it, and the only one whose notifications POST /sns/:service takes.',
  }),
  USER_SERVICE_URL: serviceUrl('user'),
  ORDER_SERVICE_URL: serviceUrl('order'),
  PAYMENT_SERVICE_URL: serviceUrl('payment'),
  DATA_SERVICE_URL: serviceUrl('data'),
  LOG_LEVEL: oneOf(
    'trace',
    'debug',
    'info',
    'warn',
    'error',
    'silent',
  )({ fallback: 'info', description: 'The least urgent log lines that are written, as JSON, to standard error.' }),
  DRAIN_TIME: durationUpTo('5s')({
    fallback: '250ms',
    description:
      'How long a process that is told to stop goes on serving what comes, with /healthz at 503: behind a load balancer, longer than it needs to notice.',
  }),
  CORS_ORIGINS: origins({ fallback: '', description: 'Origins whose web pages may call the API; * for all.' }),
  TRUST_PROXY: number({ min: 0, max: 10 })({
    fallback: '0',
    description: 'How many reverse proxies stand in front: so many entries of X-Forwarded-For are believed.',
  }),
  NOT_AUTHENTICATED_STATUS: oneOf(
    '401',
    '501',
  )({
    fallback: '401',
    description: 'The status for a missing or bad token; 501 for clients of the original specification.',
  }),
  RATE_LIMIT_PER_MINUTE: number({ min: 0, max: 10_000_000 })({
    fallback: '600',
    description: 'Requests a minute for each user, or address where there is none; 0 for no limit.',
  }),
  SIGN_IN_LIMIT_PER_MINUTE: number({ min: 0, max: 10_000_000 })({
    fallback: '20',
    description: 'Sign-ins a minute for each address and e-mail together; 0 for no limit.',
  }),
  JWT_EXPIRES_IN: duration({ fallback: '15m', description: 'How long an access token is valid.' }),
  REFRESH_EXPIRES_IN: duration({
    fallback: '30d',
    description: 'How long a session may be refreshed after its last use.',
  }),
  JWT_ISSUER: text({ fallback: 'waybill', description: 'The iss of access tokens.' }),
  JWT_AUDIENCE: text({ fallback: 'waybill', description: 'The aud of access tokens.' }),
  JWT_PRIVATE_KEY: secretText({
    description:
      'The Ed25519 key that signs access tokens (PKCS #8 PEM); made and kept encrypted in the user database by default.',
  }),
  OPERATOR_EMAIL: matching(
    'an e-mail address',
    /^[^\s@]+@[^\s@]+$/,
  )({ description: 'The e-mail of the first operator; made at start when no user has it.' }),
  OPERATOR_PASSWORD: secretText({ description: 'The password of the first operator, 10 to 128 characters.' }),
  ORDER_PAYMENT_WINDOW: duration({
    fallback: '30m',
    description: 'How long an order to be paid later waits for its payment before it is cancelled.',
  }),
  ORDER_PROCESSING_WINDOW: duration({
    fallback: '24h',
    description:
      'How long an order to be paid now may wait for its payment, and any confirmed order for its export, before it is cancelled and its payment voided.',
  }),
  CALLBACK_ALLOW_PRIVATE: boolean({
    fallback: 'false',
    description: 'true lets callbacks go to http and to private addresses: for tests only.',
  }),
  PAYMENT_MOCK: boolean({
    fallback: 'true',
    description:
      'false takes the mock gateway away: where real money is taken, nobody may pay with a token that approves itself.',
  }),
  PAYMENT_MOCK_APPROVAL_RATE: number({ min: 0, max: 1, integer: false })({
    fallback: '0.8',
    description: 'The share of payments that the mock gateway approves when no token decides.',
  }),
  STRIPE_SECRET_KEY: matching(
    'a secret or restricted key of Stripe (sk_… or rk_…)',
    /^(sk|rk)_[\x21-\x7e]+$/,
    true,
  )({
    description:
      'The key of the Stripe account that payments by the gateway stripe go to; without it nobody can choose it.',
  }),
  STRIPE_WEBHOOK_SECRET: matching(
    'the signing secret of a Stripe webhook endpoint (whsec_…)',
    /^whsec_[\x21-\x7e]+$/,
    true,
  )({ description: 'What Stripe signs the webhooks to /payment/webhook/stripe with; without it they are refused.' }),
  STRIPE_API_BASE: matching(
    'http(s)://host or http(s)://host:port, without a path',
    /^https?:\/\/[^\s/?#@]+\/?$/,
  )({ description: "Where Stripe's API answers, for tests and proxies; Stripe itself by default." }),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl({
    description:
      'The base URL of a collector of OpenTelemetry spans (OTLP over HTTP, JSON); no spans are made by default.',
  }),
}

export type Settings = SettingsOf<typeof settingsSchema>

export type WaybillConfiguration = Configuration<Settings>

/**
 * Reads and checks every setting, from the environment and from the document that it names; undefined where the document still
 * is the one of `known`. Throws a SettingsError that names all that is bad, or a ConfigurationUnavailable.
 */
export function readWaybillConfiguration(
  environment: Environment,
  known?: string,
): Promise<WaybillConfiguration | undefined> {
  return readConfiguration(settingsSchema, environment, known)
}

/** Reads and checks every setting of the environment alone; throws a SettingsError that names all that is bad. */
export function readWaybillSettings(environment: Record<string, string | undefined>): Settings {
  return readSettings(settingsSchema, environment)
}
