// What each driver asks for, in words; the server checks it. A driver that is not listed here takes its settings as JSON.

export interface SettingField {
  name: string
  label: string
  description?: string
  placeholder?: string
  required?: boolean
  /** Typed as a password; the server keeps it sealed and never shows it again. */
  isSecret?: boolean
  /** A JSON object is pasted. */
  isJson?: boolean
}

export interface DriverWords {
  label: string
  /** What one has to know before filling it in. */
  advice: string
  fields: SettingField[]
}

const prefix: SettingField = {
  name: 'prefix',
  label: 'Prefix',
  description: 'Stands before every key as it is written here: with waybill/ data lies under waybill/<account>/.',
  placeholder: 'waybill/',
}
const endpoint: SettingField = {
  name: 'endpoint',
  label: 'Endpoint',
  description: "Another address than the vendor's own.",
  placeholder: 'https://storage.example.org',
}
const keys: SettingField[] = [
  { name: 'access_key_id', label: 'Access key ID', isSecret: true },
  { name: 'secret_access_key', label: 'Secret access key', isSecret: true },
]

export const cloudDrivers: Readonly<Record<string, DriverWords>> = {
  local: {
    label: 'Folder on the server (local)',
    advice:
      'Datasets are files in a folder of the machine that Waybill runs on. Without a folder it makes one of its own.',
    fields: [
      { name: 'root', label: 'Folder', description: 'An absolute path that is there.', placeholder: '/srv/data' },
    ],
  },
  aws: {
    label: 'Amazon S3 (aws)',
    advice: 'Without keys it takes those of the machine: its role, or the environment.',
    fields: [
      { name: 'bucket', label: 'Bucket', required: true },
      { name: 'region', label: 'Region', required: true, placeholder: 'eu-central-1' },
      prefix,
      ...keys,
      { ...endpoint, description: 'Of another store that speaks S3, such as MinIO.' },
    ],
  },
  ibm: {
    label: 'IBM Cloud Object Storage (ibm)',
    advice: 'It needs either an API key, or an access key with its secret (HMAC credentials).',
    fields: [
      { name: 'bucket', label: 'Bucket', required: true },
      { name: 'region', label: 'Region', required: true, placeholder: 'eu-de' },
      { name: 'api_key', label: 'API key', isSecret: true },
      ...keys,
      prefix,
      endpoint,
      { name: 'iam_url', label: 'IAM address', description: "Another one than IBM's own, for API keys." },
    ],
  },
  azure: {
    label: 'Azure Blob Storage (azure)',
    advice:
      'One of these is enough: a connection string; an account with its key or a SAS; an account alone, for the identity of the machine.',
    fields: [
      { name: 'container', label: 'Container', required: true },
      { name: 'account', label: 'Storage account' },
      { name: 'key', label: 'Account key', isSecret: true },
      { name: 'sas', label: 'Shared access signature', isSecret: true },
      { name: 'connection_string', label: 'Connection string', isSecret: true },
      prefix,
      endpoint,
    ],
  },
  google: {
    label: 'Google Cloud Storage (google)',
    advice: 'Without credentials it takes those of the machine (application default credentials).',
    fields: [
      { name: 'bucket', label: 'Bucket', required: true },
      { name: 'project_id', label: 'Project' },
      {
        name: 'credentials',
        label: 'Key of the service account',
        description: 'The whole JSON file, pasted.',
        isSecret: true,
        isJson: true,
      },
      prefix,
      endpoint,
    ],
  },
  mclass: {
    label: 'MClass (mclass)',
    advice: 'Deliveries from MClass are kept in Waybill, for nothing can be written there.',
    fields: [
      { name: 'url', label: 'Address', required: true, placeholder: 'https://mclass.example.org' },
      { name: 'client_id', label: 'Client ID', required: true },
      { name: 'client_secret', label: 'Client secret', required: true, isSecret: true },
    ],
  },
}

/** For a driver of one's own (docs/adding-a-cloud.md). */
export const otherFields: SettingField[] = [
  { name: '', label: 'Settings', description: 'A JSON object, as the driver wants it.', isSecret: true, isJson: true },
]

export const fieldsOf = (driver: string): SettingField[] => cloudDrivers[driver]?.fields ?? otherFields
export const driverLabel = (driver: string): string => cloudDrivers[driver]?.label ?? driver

/** What was typed, by the name of the field. */
export type TypedSettings = Readonly<Record<string, string>>

/** What goes to the server: fields that were left empty are left out. Throws SettingError. */
export function settingsFrom(driver: string, typed: TypedSettings): Record<string, unknown> {
  const settings: Record<string, unknown> = {}
  for (const { name, label, isJson } of fieldsOf(driver)) {
    const text = typed[name]?.trim() ?? ''
    if (text === '') continue
    const value = isJson ? objectIn(text, name, label) : text
    if (name === '') Object.assign(settings, value)
    else settings[name] = value
  }
  return settings
}

export class SettingError extends Error {
  readonly field: string

  constructor(field: string, message: string) {
    super(message)
    this.field = field
  }
}

function objectIn(text: string, field: string, label: string): object {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // Told below, without a word of what was typed: it may be secret.
  }
  throw new SettingError(field, `${label}: this is no JSON object.`)
}
