// Settings that stand encrypted where they are kept: sealed for one setting, so that a value cannot be moved to another one.
import { createVault, type Vault } from '../auth/vault.ts'

/** `encrypted:v1:<base64>`; the part behind the first colon is as the vault seals it. */
const prefix = 'encrypted:'

export function isEncrypted(value: string): boolean {
  return value.startsWith(prefix)
}

/** What opens and seals settings. Several keys stand beside each other while one takes the place of another. */
export interface SettingsKeys {
  /** Without a key nothing can be sealed or opened. */
  readonly isEmpty: boolean
  /** `encrypted:v1:…`, by the key in use. */
  encrypt(name: string, value: string): string
  /** undefined where no key opens it: it was sealed with another, for another setting, or was changed. */
  decrypt(name: string, value: string): string | undefined
  /** True for what the key in use has sealed: false where it should be sealed anew. */
  isByKeyInUse(name: string, value: string): boolean
  /** 32 bytes for a purpose, from the key in use; undefined without one. */
  deriveKey(purpose: string): Buffer | undefined
}

/** `keys`: 32 bytes each, the one in use first. */
export function createSettingsKeys(keys: Buffer[]): SettingsKeys {
  const vaults = keys.map(createVault)
  const purposeOf = (name: string) => `setting ${name}`
  const open = (vault: Vault, name: string, value: string) => {
    try {
      return vault.open(value.slice(prefix.length), purposeOf(name))
    } catch {
      return undefined
    }
  }
  return {
    isEmpty: vaults.length === 0,
    encrypt(name, value) {
      if (!vaults[0]) throw new Error('there is no key to encrypt with')
      return prefix + vaults[0].seal(value, purposeOf(name))
    },
    decrypt(name, value) {
      for (const vault of vaults) {
        const opened = open(vault, name, value)
        if (opened !== undefined) return opened
      }
      return undefined
    },
    isByKeyInUse: (name, value) => vaults[0] !== undefined && open(vaults[0], name, value) !== undefined,
    deriveKey: purpose => vaults[0]?.deriveKey(purpose),
  }
}
