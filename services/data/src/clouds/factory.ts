// Makes clouds by the names of their drivers: a driver is a file in the folder drivers, a cloud is a row that names one.
import { existsSync } from 'node:fs'
import { extname } from 'node:path'
import type { Clock } from '@waybill/platform/clock'
import type Joi from 'joi'
import type { Cloud } from './cloud.ts'
import type { DeliveryStore } from './delivery-store.ts'
import type { Patience } from './guarded-calls.ts'

/** What the process gives to every cloud. */
export interface CloudContext {
  /** WAYBILL_HOME. */
  home: string
  /** Written files reach the disk before they count. */
  synced: boolean
  clock: Clock
  /** For clouds that cannot be written to. */
  deliveries: DeliveryStore
  /** With clouds over a network. */
  patience: Patience
}

/** What a file in the folder drivers exports as `driver`. */
export interface CloudDriver<S = Record<string, unknown>> {
  settings: Joi.ObjectSchema<S>
  /** A cloud without settings is then not usable. */
  needsSettings: boolean
  /** Loads the vendor's SDK here, not with the file: GET /clouds looks at every driver. */
  create(name: string, settings: S, context: CloudContext): Cloud | Promise<Cloud>
}

const drivers = new URL('./drivers/', import.meta.url)
/** Drivers are built as this file is. */
const ending = extname(import.meta.url)
const driverName = /^[a-z][a-z0-9-]{0,39}$/

/** Undefined where this build has no such driver. */
export async function findDriver(name: string): Promise<CloudDriver | undefined> {
  if (!driverName.test(name) || !existsSync(new URL(name + ending, drivers))) return undefined
  const { driver }: { driver: CloudDriver } = await import(new URL(name + ending, drivers).href)
  return driver
}
