// Opens clouds from their rows, and keeps them open: a login is worth keeping.
import type { Vault } from '@waybill/platform/auth'
import { type CloudRow, settingsPurpose } from '../models/cloud.ts'
import type { Cloud } from './cloud.ts'
import { type CloudContext, type CloudDriver, findDriver } from './factory.ts'

export type CloudSettings = Record<string, unknown>

export class CloudRegistry {
  readonly #vault: Vault
  readonly #context: CloudContext
  readonly #open = new Map<string, { cloud: Promise<Cloud>; updatedAt: number }>()

  constructor(vault: Vault, context: CloudContext) {
    this.#vault = vault
    this.#context = context
  }

  /** Its driver is part of this build and has the settings that it needs. Settings are checked when they are stored. */
  async isUsable(row: CloudRow): Promise<boolean> {
    const driver = await findDriver(row.driver)
    return driver !== undefined && (row.sealed_settings !== null || !driver.needsSettings)
  }

  /** Undefined where it is not usable. All users of a cloud get the same one, and with it its login and connections. */
  async open(row: CloudRow): Promise<Cloud | undefined> {
    const kept = this.#kept(row)
    if (kept) return kept
    const driver = await findDriver(row.driver)
    if (!driver || !(await this.isUsable(row))) return undefined
    // Somebody else may have begun to open it while the driver was loaded.
    return this.#kept(row) ?? this.#openAnew(row, driver)
  }

  async #openAnew(row: CloudRow, driver: CloudDriver): Promise<Cloud> {
    const cloud = Promise.resolve(driver.create(row.name, this.settingsOf(row) ?? {}, this.#context))
    const kept = { cloud, updatedAt: row.updated_at }
    this.#open.set(row.name, kept)
    try {
      return await cloud
    } catch (error) {
      if (this.#open.get(row.name) === kept) this.#open.delete(row.name)
      throw error
    }
  }

  #kept({ name, updated_at }: CloudRow): Promise<Cloud> | undefined {
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
