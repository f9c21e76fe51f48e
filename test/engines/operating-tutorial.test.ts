// The operator's tutorial (docs/tutorials/operator.md), followed to the letter on engines, in databases and a virtual host of its own.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dropTestDatabases, engineUrls, freePorts, newTestName } from '@waybill/platform/testing'
import { expect, onTestFinished, test } from 'vitest'
import { readPage, runnableBlocks } from '../docs/markdown.ts'
import { newCheckout, runBlocks } from '../docs/run-page.ts'

const page = readPage('docs/tutorials/operator.md')
const ports = ['8000', '8001', '8002', '8003', '8004', '8005', '8101', '8201', '8202', '8301', '8401']

test('operator.md: started, watched, broken, mended, renewed, lost and brought back', {
  timeout: 240_000,
}, async () => {
  const { folder, remove } = await newCheckout()
  onTestFinished(remove)
  const name = newTestName()
  onTestFinished(() => dropTestDatabases(name))
  const urls = engineUrls()
  const free = await freePorts(ports.length)
  const admin = await writeLogin(folder, urls.mysql)
  const broker = new URL(urls.amqp)
  const rabbitmqctl = process.env.RABBITMQCTL ?? 'rabbitmqctl'
  const printed = await runBlocks(runnableBlocks(page), {
    folder,
    env: { MYSQL_ADMIN_URL: urls.mysql, DATABASE_POOL_SIZE: '4', LOG_LEVEL: 'warn' },
    instead: {
      'sudo scripts/engines': 'scripts/engines',
      'sudo rabbitmqctl': rabbitmqctl,
      // Of MySQL the names are others.
      'sudo mariadb-dump': `$(command -v mariadb-dump mysqldump | head -n 1) ${admin}`,
      'sudo mariadb': `$(command -v mariadb mysql | head -n 1) ${admin}`,
      'amqp://guest:guest@127.0.0.1:5672/tutorial_vhost': new URL(`/${name}_vhost`, broker).href,
      'tutorial_vhost guest': `${name}_vhost ${decodeURIComponent(broker.username)}`,
      tutorial_: `${name}_`,
      ...Object.fromEntries(ports.map((port, at) => [port, String(free[at])])),
    },
  })

  expect(printed).toContain('"status":"ready"')
  expect(printed).toMatch(/^waybill_broker_connected.* 1$/m)
  // Of the rolling restart: nothing but 200.
  expect(printed.match(/^ +\d+ \d{3}$/gm)).toEqual([expect.stringMatching(/^ +\d+ 200$/)])
  expect(printed).toMatch(/payments' doesn't exist/)
  const audits = [...printed.matchAll(/"data":\{"checked":(\d+),"violations":(\[.*?\])/g)]
  expect(audits.map(([, checked, violations]) => ({ checked, violations }))).toEqual([
    { checked: '2', violations: '[]' },
    { checked: '2', violations: '[]' },
  ])
  // The queues of a stopped system are empty.
  const queues = [...printed.matchAll(/^waybill\.(\S+)\t(\d+)$/gm)].map(([, queue, messages]) => `${queue} ${messages}`)
  expect(queues).toEqual(expect.arrayContaining(['order 0', 'payment 0', 'data 0']))
  expect(queues.filter(line => !line.endsWith(' 0'))).toEqual([])
})

/** What `sudo` is on the reader's machine: options by which MySQL's programs sign in. */
async function writeLogin(folder: string, url: string): Promise<string> {
  const { hostname, port, username, password } = new URL(url)
  const file = join(folder, 'admin.cnf')
  const lines = [
    '[client]',
    `host=${hostname}`,
    `port=${port || 3306}`,
    'protocol=tcp',
    `user=${decodeURIComponent(username)}`,
  ]
  if (password) lines.push(`password="${decodeURIComponent(password)}"`)
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 })
  return `--defaults-extra-file=${file}`
}
