// Opens clouds from their rows, and keeps them open.
import type { Vault } from '@waybill/platform/auth'
import { type CloudRow, settingsPurpose } from '../models/cloud.ts'
import type { Cloud } from './cloud.ts'
import type { CloudOrder } from './export-threads.ts'
import { type CloudContext, findDriver } from './factory.ts'
import { OpenClouds } from './open-clouds.ts'

export type CloudSettings = Record<string, unknown>

export class CloudRegistry {
  readonly #vault: Vault
  readonly #context: CloudContext
  readonly #open = new OpenClouds()

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
    const { name, updated_at } = row
    const kept = this.#open.kept(name, updated_at)
    if (kept) return kept
    const driver = await findDriver(row.driver)
    if (!driver || !(await this.isUsable(row))) return undefined
    return this.#open.open(name, updated_at, async () => driver.create(name, this.settingsOf(row) ?? {}, this.#context))
  }

  /** What it takes to open it elsewhere. */
  orderOf(row: CloudRow): CloudOrder {
    return { name: row.name, driver: row.driver, settings: this.settingsOf(row) ?? {}, version: row.updated_at }
  }

  /** In the clear; they go to the driver and nowhere else. */
  settingsOf({ name, sealed_settings }: CloudRow): CloudSettings | undefined {
    return sealed_settings === null ? undefined : JSON.parse(this.#vault.open(sealed_settings, settingsPurpose(name)))
  }

  seal(name: string, settings: CloudSettings): string {
    return this.#vault.seal(JSON.stringify(settings), settingsPurpose(name))
  }
}
