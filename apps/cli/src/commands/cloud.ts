// `waybill cloud`: lists clouds with their prices, registers with one, and lets operators change them.
import type { Cloud, CloudMode, Price } from '@waybill/sdk'
import { defineCommand, type Invocation } from '../command.ts'
import { Refusal, UsageError } from '../failures.ts'
import { wholeNumber } from '../read-number.ts'
import { readSettings } from '../read-settings.ts'
import { readableMoney } from '../readable.ts'
import { drawTable } from '../table.ts'

interface Options {
  check?: boolean
  add?: string
  mode?: CloudMode
  settings?: string
  enable?: boolean
  disable?: boolean
  price?: number
  currency?: string
}

const mostMoney = 1_000_000_000

export const command = defineCommand<Options>({
  description: `Without a name: the clouds. With one: registers you with it; your data and orders are in that cloud from then on. With an option of operators: changes the cloud instead.

Settings by driver, in a JSON object; ? may be left out, and secrets are stored encrypted and never shown:
  local   root
  aws     bucket, region, prefix?, endpoint?, access_key_id?, secret_access_key?
  ibm     the same as aws, or bucket, region, endpoint, api_key, iam_url?
  azure   container, account?, key?, sas?, connection_string?, endpoint?, prefix?
  google  bucket, project_id?, credentials?, endpoint?, prefix?
  mclass  url, client_id, client_secret`,
  arguments: [{ name: 'cloud', description: 'such as LOCAL', optional: true }],
  options: [
    { flags: '--check', description: 'operators: log in to the cloud and say what was found' },
    { flags: '--add <driver>', description: 'operators: add the cloud, with this driver (see above)' },
    {
      flags: '--mode <mode>',
      description: 'operators: whether data can be read at once, or by order only (default: immediate)',
      choices: ['immediate', 'order'],
    },
    {
      flags: '--settings <file>',
      description: 'operators: a JSON file with settings, or - for stdin; merged into those there are',
    },
    { flags: '--enable', description: 'operators: let users register with it' },
    { flags: '--disable', description: 'operators: let nobody use it' },
    {
      flags: '--price <n>',
      description: 'operators: the price of a dataset, in minor units',
      parse: wholeNumber('--price', 0, mostMoney),
    },
    { flags: '--currency <code>', description: 'operators: with --price, such as EUR (default: USD)' },
  ],
  examples: [
    { what: 'Which clouds are there, and what do they cost?', line: 'waybill cloud' },
    { what: 'Register with one', line: 'waybill cloud LOCAL' },
    { what: 'Operators: what an export from it costs from now on', line: 'waybill cloud LOCAL --price 120' },
    {
      what: 'Operators: add a folder as a cloud, with its price',
      line: `echo '{ "root": "/tmp/archive" }' | waybill cloud ARCHIVE --add local --settings - --price 50`,
    },
    { what: 'Operators: does the login to it work?', line: 'waybill cloud LOCAL --check' },
    { what: 'Operators: nobody may use it any more', line: 'waybill cloud ARCHIVE --disable' },
  ],
  async run(invocation) {
    const { args, options, terminal, session } = invocation
    const [name] = args
    if (name === undefined) {
      if (Object.keys(options).length > 0) throw new UsageError('which cloud?', 'waybill cloud LOCAL --check')
      return listClouds(invocation)
    }
    if (options.check) return checkCloud(invocation, name)
    if (Object.keys(options).length > 0) return changeCloud(invocation, name)
    const user = await session.client.me.registerCloud(name)
    await terminal.result(user, () => `your data is in ${user.cloud} now, account ${user.account}`)
  },
})

async function listClouds({ terminal, session }: Invocation<Options>): Promise<void> {
  const [clouds, prices] = await Promise.all([session.client.clouds.list(), session.client.clouds.prices()])
  const priced = clouds.map(cloud => ({ ...cloud, price: prices.find(price => price.cloud === cloud.name) ?? null }))
  await terminal.result(priced, () =>
    drawTable(['CLOUD', 'MODE', 'PRICE', 'DRIVER', ''], priced.map(rowOf), terminal.width),
  )
}

function rowOf({ name, mode, price, driver, enabled }: Cloud & { price: Price | null }): string[] {
  const money = price ? readableMoney(price.amount, price.currency) : 'not priced'
  return [name, mode, money, driver, enabled ? '' : 'not enabled']
}

async function checkCloud({ terminal, session }: Invocation<Options>, name: string): Promise<void> {
  const found = await session.client.clouds.check(name)
  await terminal.result(found, () => `${name}: ${found.detail}`)
  if (!found.ok) throw new Refusal('CLOUD_REFUSED', 'The cloud refused', found.detail, { isTold: true })
}

async function changeCloud({ options, terminal, session }: Invocation<Options>, name: string): Promise<void> {
  const { clouds } = session.client
  const { add, mode, enable, disable, price, currency = 'USD' } = options
  if (enable && disable) throw new UsageError('--enable and --disable at once', `waybill cloud ${name} --enable`)
  if (price === undefined && options.currency !== undefined) {
    throw new UsageError('--currency of which --price?', `waybill cloud ${name} --price 100 --currency ${currency}`)
  }
  const settings = options.settings === undefined ? undefined : await readSettings(options.settings)
  const enabled = enable || (disable ? false : undefined)
  const changed: { cloud?: Cloud; price?: Price } = {}
  if (add !== undefined) changed.cloud = await clouds.add({ name, driver: add, mode: mode ?? 'immediate', settings })
  const changes = add === undefined ? { mode, settings, enabled } : { enabled }
  if (Object.values(changes).some(it => it !== undefined)) changed.cloud = await clouds.change(name, changes)
  if (price !== undefined) changed.price = await clouds.setPrice(name, { amount: price, currency })
  await terminal.result(changed, () => {
    const { cloud } = changed
    const lines = cloud ? [`${name}: ${cloud.driver}, ${cloud.mode}, ${cloud.enabled ? 'enabled' : 'not enabled'}`] : []
    return changed.price
      ? [...lines, `${name}: ${readableMoney(changed.price.amount, changed.price.currency)} a dataset`]
      : lines
  })
}
