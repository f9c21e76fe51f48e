// Waybill under PM2: several processes share one port (cluster mode), and `pm2 reload` renews them one after the other.
// PM2 must run on the project's own Node.js (npx pm2 does): cluster mode runs the server on the Node.js that PM2 runs on.
//
//   WAYBILL_PM2=all     (default) one application that hosts all four services
//   WAYBILL_PM2=parts   an application for each service, on PORT + 1 … PORT + 4 (user, order, payment, data)
//   WAYBILL_PM2=order   that service alone, or several: user,order
//   WAYBILL_LOG_FILES=no  PM2 keeps no files of what processes say, for where its own output is kept
//   WAYBILL_INSTANCES=2 how many processes each application has; max for one a processor
//
// Every setting of docs/reference/settings.md is taken from the environment of `pm2 start`, or from the document at CONFIG_URI
// (docs/configuration.md); `pm2 sendSignal SIGHUP waybill` has all processes read it again.
const { join } = require('node:path')

const root = join(__dirname, '..', '..')
const services = ['user', 'order', 'payment', 'data']
const environment = process.env
const port = Number(environment.PORT ?? 8000)
const instances = environment.WAYBILL_INSTANCES ?? '2'

/** Processes that share work must share what it is kept in: SQLite files and the in-process broker belong to one process. */
function refuseWhatCannotBeShared(hosted) {
  // There the settings stand that are not here: `waybill config check` looks at them.
  if (environment.CONFIG_URI) return
  const missing = hosted
    .map(service => `${service.toUpperCase()}_DATABASE_URL`)
    .filter(name => !environment[name]?.startsWith('mysql:'))
  if (!/^(amqps?|sns):/.test(environment.BROKER_URL ?? '')) missing.push('BROKER_URL')
  if (!environment.WAYBILL_SECRET_KEY) missing.push('WAYBILL_SECRET_KEY')
  if (missing.length === 0) return
  throw new Error(
    `several processes need MySQL, RabbitMQ (or SNS and SQS) and one secret key: set ${missing.join(', ')} (docs/scaling-out.md)`,
  )
}

function chooseApplications() {
  const chosen = environment.WAYBILL_PM2 ?? 'all'
  if (chosen === 'all') return [application('waybill', services, port)]
  const names = chosen === 'parts' ? services : chosen.split(',')
  const unknown = names.filter(name => !services.includes(name))
  if (unknown.length > 0) throw new Error(`WAYBILL_PM2 is all, parts or some of ${services}: not ${unknown}`)
  return names.map(name => application(`waybill-${name}`, [name], portOf(name)))
}

function portOf(service) {
  return port + 1 + services.indexOf(service)
}

function application(name, hosted, ownPort) {
  refuseWhatCannotBeShared(hosted)
  const elsewhere = services.filter(service => !hosted.includes(service))
  const urls = elsewhere.map(service => {
    const setting = `${service.toUpperCase()}_SERVICE_URL`
    return [setting, environment[setting] ?? `http://127.0.0.1:${portOf(service)}`]
  })
  return {
    name,
    cwd: root,
    script: 'scripts/start.mjs',
    exec_mode: 'cluster',
    instances: instances === 'max' ? 'max' : Number(instances),
    // The server says when it serves; until then PM2 leaves the process before it alone.
    wait_ready: true,
    listen_timeout: 75_000,
    // The server ends by itself within 15 s of SIGINT.
    kill_timeout: 16_000,
    // Settings that are wrong (exit code 78) stay wrong; a document out of reach (75) may come back.
    stop_exit_codes: [78],
    exp_backoff_restart_delay: 100,
    merge_logs: true,
    disable_logs: environment.WAYBILL_LOG_FILES === 'no',
    env: {
      // Clients keep their connections: each is told to leave with its next answer.
      DRAIN_TIME: '2s',
      // As npm start has it (docs/decisions/0013).
      MALLOC_ARENA_MAX: '1',
      ...settingsOf(environment),
      WAYBILL_SERVICES: hosted.join(','),
      PORT: String(ownPort),
      ...Object.fromEntries(urls),
    },
  }
}

/** Our settings are in capitals; what PM2 and the shell put beside them need not be kept. */
function settingsOf(all) {
  const ours =
    /^(WAYBILL_|CONFIG_|AWS_|USER_|ORDER_|PAYMENT_|DATA_|DATABASE_|SQLITE_|BROKER_|SNS_|JWT_|OPERATOR_|CALLBACK_|STRIPE_|OTEL_|CORS_|RATE_|SIGN_IN_|REFRESH_)/
  const others = ['HOST', 'PUBLIC_URL', 'LOG_LEVEL', 'TRUST_PROXY', 'DRAIN_TIME', 'NOT_AUTHENTICATED_STATUS']
  return Object.fromEntries(Object.entries(all).filter(([name]) => ours.test(name) || others.includes(name)))
}

module.exports = { apps: chooseApplications() }
