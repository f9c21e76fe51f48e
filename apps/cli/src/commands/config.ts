// `waybill config`: makes keys, encrypts and opens settings, checks documents of settings and compares stages. It asks no server.
import { randomBytes } from 'node:crypto'
import { settingsSchema } from '@waybill/contracts/settings'
import { awsPlaceOf, isEncrypted, readOwnSettings, type Stage, stages } from '@waybill/platform/config'
import { defineCommand, type Invocation } from '../command.ts'
import { checkDocument, mustBeEncrypted } from '../configuration/check-document.ts'
import { compareStages } from '../configuration/compare-stages.ts'
import { keysFor, openDocument, toldPlainly } from '../configuration/open-document.ts'
import { replaceFile, rewriteValues } from '../configuration/rewrite-document.ts'
import { Refusal, UsageError } from '../failures.ts'
import { readSecret } from '../read-password.ts'
import { drawTable } from '../table.ts'

interface Options {
  file?: string
  stage?: Stage
  kms?: string
}

const actions = ['key', 'encrypt', 'decrypt', 'check', 'diff'] as const

export const command = defineCommand<Options>({
  description: `For whoever runs Waybill; it asks no server. A document is JSON with a part "default" and parts dev, qa, prod.
key makes a key for WAYBILL_CONFIG_KEY. encrypt <setting> reads a value, typed or from stdin, and prints it encrypted for that
setting; with --file it encrypts every secret of a document in place, and anew what an earlier key had encrypted.
decrypt <setting> reads an encrypted value from stdin and prints it; with --file it prints the document opened.
check <document> says what each stage would refuse, which secrets are not encrypted, and which stages share a database or broker.
diff <stage> <stage> <document> shows what differs, secrets as fingerprints. Values come from no command line: others could see them.`,
  arguments: [
    { name: 'action', description: 'what to do', choices: actions },
    {
      name: 'words',
      description: 'a setting, a document (file, - or s3://bucket/key), or two stages and a document',
      optional: true,
      repeated: true,
    },
  ],
  options: [
    { flags: '--file <file>', description: 'encrypt, decrypt: a document' },
    { flags: '--stage <stage>', description: 'check: this stage alone', choices: stages },
    { flags: '--kms <key>', description: 'key: have KMS make it, by this id, ARN or alias; only KMS can open it' },
  ],
  examples: [
    { what: 'A key, for WAYBILL_CONFIG_KEY', line: 'waybill config key' },
    { what: 'Encrypt one value, for one setting', line: 'waybill config encrypt STRIPE_SECRET_KEY < stripe.key' },
    { what: 'Encrypt every secret of a document', line: 'waybill config encrypt --file settings.json' },
    { what: 'What is wrong with a document?', line: 'waybill config check settings.json' },
    { what: 'What differs between two stages?', line: 'waybill config diff dev prod settings.json' },
    { what: 'Read it all', line: 'waybill config decrypt --file settings.json' },
  ],
  async run(invocation) {
    const [action, ...words] = invocation.args as [(typeof actions)[number], ...string[]]
    switch (action) {
      case 'key':
        return makeKey(invocation)
      case 'encrypt':
        return invocation.options.file === undefined ? encryptValue(invocation, words) : encryptFile(invocation)
      case 'decrypt':
        return invocation.options.file === undefined ? decryptValue(invocation, words) : decryptFile(invocation)
      case 'check':
        return check(invocation, words)
      case 'diff':
        return diff(invocation, words)
    }
  },
})

async function makeKey({ options, terminal }: Invocation<Options>): Promise<void> {
  const key = options.kms === undefined ? randomBytes(32).toString('base64') : await makeKeyInKms(options.kms)
  await terminal.result({ key }, () => key)
}

async function makeKeyInKms(id: string): Promise<string> {
  const { makeKmsKey } = await import('@waybill/platform/config/kms')
  return `kms:${await toldPlainly(() => makeKmsKey(id, awsPlaceOf(readOwnSettings(settingsSchema, process.env))))}`
}

async function encryptValue({ terminal }: Invocation<Options>, words: string[]): Promise<void> {
  const name = settingOf(words, 'waybill config encrypt STRIPE_SECRET_KEY < stripe.key')
  const keys = await keysInUse()
  const value = await readSecret(`Value of ${name}: `)
  if (isEncrypted(value)) throw new UsageError('the value is encrypted already')
  const refused = refusalOf(name, value)
  if (refused) throw new Refusal('SETTINGS', 'The value is not what the setting takes', `${name} ${refused}`)
  const encrypted = keys.encrypt(name, value)
  await terminal.result({ setting: name, value: encrypted }, () => encrypted)
}

function refusalOf(name: keyof typeof settingsSchema, value: string): string | undefined {
  try {
    settingsSchema[name].parse(value)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

async function encryptFile({ options, terminal }: Invocation<Options>): Promise<void> {
  const opened = await openDocument(fileOf(options))
  const keys = await keysFor(opened.document, opened.place)
  if (keys.isEmpty) throw withoutKey()
  const unopened: string[] = []
  const { text, changed } = rewriteValues(opened, (name, value, part) => {
    if (mustBeEncrypted(name, value)) return keys.encrypt(name, value)
    if (!isEncrypted(value) || keys.isByKeyInUse(name, value)) return undefined
    const known = keys.decrypt(name, value)
    if (known === undefined) unopened.push(`${name} of ${part}`)
    return known === undefined ? undefined : keys.encrypt(name, known)
  })
  if (changed.length > 0) await replaceFile(opened.place, text)
  await terminal.result({ encrypted: changed, unopened }, () => [
    ...changed.map(name => `${name} encrypted`),
    ...unopened.map(name => `${name} left as it was: no key here opens it`),
    ...(changed.length + unopened.length === 0 ? ['nothing to encrypt'] : []),
  ])
}

async function decryptValue({ terminal }: Invocation<Options>, words: string[]): Promise<void> {
  const name = settingOf(words, 'waybill config decrypt STRIPE_SECRET_KEY < encrypted.txt')
  const keys = await keysInUse()
  const value = keys.decrypt(name, await readSecret(`Encrypted value of ${name}: `))
  if (value === undefined) throw unopenable([name])
  await terminal.result({ setting: name, value }, () => value)
}

async function decryptFile({ options, terminal }: Invocation<Options>): Promise<void> {
  const opened = await openDocument(fileOf(options))
  const keys = await keysFor(opened.document, opened.place)
  if (keys.isEmpty) throw withoutKey()
  const unopened: string[] = []
  const { text } = rewriteValues(opened, (name, value, part) => {
    if (!isEncrypted(value)) return undefined
    const known = keys.decrypt(name, value)
    if (known === undefined) unopened.push(`${name} of ${part}`)
    return known
  })
  if (unopened.length > 0) throw unopenable(unopened)
  await terminal.result(JSON.parse(text), () => text.trimEnd())
}

async function check({ options, terminal }: Invocation<Options>, words: string[]): Promise<void> {
  const { document, place } = await openDocument(words[0])
  const keys = await keysFor(document, place)
  const { problems, notes } = checkDocument(document, { place, keys, only: options.stage })
  const checked = options.stage ? [options.stage] : Object.keys(document)
  await terminal.result({ ok: problems.length === 0, checked, problems, notes }, () => [
    ...problems,
    ...notes,
    ...(problems.length === 0 ? [`${place}: ${checked.join(', ')} in order`] : []),
  ])
  if (problems.length > 0)
    throw new Refusal('SETTINGS', 'The settings are wrong', problems.join('\n'), { isTold: true })
}

async function diff({ terminal }: Invocation<Options>, words: string[]): Promise<void> {
  const [left, right, named] = words
  if (!isStage(left) || !isStage(right)) {
    throw new UsageError(
      `name two of ${stages.join(', ')}, then a document`,
      'waybill config diff dev prod settings.json',
    )
  }
  const opened = await openDocument(named)
  const keys = await keysFor(opened.document, opened.place)
  const differences = await toldPlainly(async () => compareStages(opened, keys, [left, right]))
  const rows = differences.map(({ setting, left: a, right: b }) => [setting, a ?? '', b ?? ''])
  await terminal.result(differences, () =>
    rows.length === 0
      ? `${left} and ${right} are the same`
      : drawTable(['SETTING', left.toUpperCase(), right.toUpperCase()], rows, terminal.width),
  )
}

function isStage(word: string | undefined): word is Stage {
  return stages.some(stage => stage === word)
}

function settingOf(words: string[], correct: string): keyof typeof settingsSchema {
  const [name, value] = words
  if (value !== undefined) {
    throw new UsageError('a value on the command line is seen by others: type it, or pipe it in', correct)
  }
  if (name !== undefined && Object.hasOwn(settingsSchema, name)) return name as keyof typeof settingsSchema
  throw new UsageError(name === undefined ? 'which setting?' : `${name} is no setting of Waybill`, correct)
}

function fileOf({ file }: Options): string {
  if (file && !/^(-$|s3:|file:)/.test(file)) return file
  throw new UsageError('--file is a file on this machine', 'waybill config encrypt --file settings.json')
}

async function keysInUse() {
  const keys = await keysFor({}, '')
  if (keys.isEmpty) throw withoutKey()
  return keys
}

const withoutKey = () =>
  new UsageError(
    'there is no key: set WAYBILL_CONFIG_KEY, such as by WAYBILL_CONFIG_KEY=$(cat config.key)',
    'waybill config key',
  )

const unopenable = (names: string[]) =>
  new Refusal(
    'SETTINGS',
    'No key here opens it',
    `${names.join(', ')}: encrypted with another key or for another setting, or changed`,
  )
