// Opens clouds from their rows, and keeps them open: a login is worth keeping.
import type { Vault } from '@waybill/platform/auth'
import { type CloudRow, settingsPurpose } from '../models/cloud.ts'
import type { Cloud } from './cloud.ts'
import { type CloudContext, findDriver } from './factory.ts'

export type CloudSettings = Record<string, unknown>

export class CloudRegistry {
  readonly #vault: Vault
  readonly #context: CloudContext
  readonly #open = new Map<string, { cloud: Cloud; updatedAt: number }>()

  constructor(vault: Vault, context: CloudContext) {
    this.#vault = vault
    this.#context = context
  }

  /** Its driver is part of this build and has the settings that it needs. Settings are checked when they are stored. */
  async isUsable(row: CloudRow): Promise<boolean> {
    const driver = await findDriver(row.driver)
    return driver !== undefined && (row.sealed_settings !== null || !driver.needsSettings)
  }

  /** Undefined where it is not usable. */
  async open(row: CloudRow): Promise<Cloud | undefined> {
    const kept = this.#kept(row)
    if (kept) return kept
    const driver = await findDriver(row.driver)
    if (!driver || !(await this.isUsable(row))) return undefined
    // Somebody else may have opened it while the driver was loaded: one login does for both.
    const opened = this.#kept(row) ?? driver.create(row.name, this.settingsOf(row) ?? {}, this.#context)
    this.#open.set(row.name, { cloud: opened, updatedAt: row.updated_at })
    return opened
  }

  #kept({ name, updated_at }: CloudRow): Cloud | undefined {
    const kept = this.#open.get(name)
    return kept?.updatedAt === updated_at ? kept.cloud : undefined
  }

  /** In the clear; they go to the driver and nowhere else. */
  settingsOf({ name, sealed_settings }: CloudRow): CloudSettings | undefined {
    return sealed_settings === null ? undefined : JSON.parse(this.#vault.open(sealed_settings, settingsPurpose(name)))
  }

  seal(name: string, settings: CloudSettings): string {
    return this.#vault.seal(JSON.stringify(settings), settingsPurpose(name))
  }
}
