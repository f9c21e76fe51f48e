// The installation of a laptop: one process, SQLite, the broker inside it.
import { join } from 'node:path'
import { serviceNames } from '@waybill/contracts'
import { password } from '../system/customer.ts'
import { openSqliteBooks } from './books.ts'
import type { Code } from './code.ts'
import type { Installation } from './installation.ts'
import { quietPort } from './quiet-port.ts'
import { operatorEmail } from './shop.ts'
import { mountSmallDisk } from './small-disk.ts'
import { WaybillProcess } from './waybill-process.ts'

/** What both topologies run under. Windows are longer than any clock is moved, but the one that unpaid orders must see the end of. */
export const tradeSettings: Record<string, string> = {
  PATH: process.env.PATH ?? '',
  HOME: process.env.HOME ?? '',
  LOG_LEVEL: 'info',
  RATE_LIMIT_PER_MINUTE: '0',
  SIGN_IN_LIMIT_PER_MINUTE: '0',
  JWT_EXPIRES_IN: '12h',
  ORDER_PAYMENT_WINDOW: '20s',
  CALLBACK_ALLOW_PRIVATE: 'true',
  OPERATOR_EMAIL: operatorEmail,
  OPERATOR_PASSWORD: password,
}

export interface InstallationOptions {
  /** An empty one. */
  folder: string
  code: Code
  clockLibrary: string | undefined
  /** Exports get a disk that can be filled, where that can be had. */
  wantsDisk: boolean
}

export async function createEmbeddedInstallation(options: InstallationOptions): Promise<Installation> {
  const { folder, code, clockLibrary } = options
  const home = join(folder, 'home')
  const cloudFolder = join(home, 'clouds', 'local')
  const disk = options.wantsDisk ? await mountSmallDisk(cloudFolder) : undefined
  const server = new WaybillProcess({
    ...{ name: 'all-1', services: [...serviceNames], port: await quietPort(), code, folder, clockLibrary },
    environment: { ...tradeSettings, WAYBILL_HOME: home },
  })
  const books = openSqliteBooks(home)
  return {
    ...{ url: server.url, processes: [server], books, cloudFolder, disk, doors: new Map() },
    ...{ broker: undefined, database: undefined, brokerUrl: undefined },
    start: () => server.start(),
    async stop() {
      await server.stop()
      await books.close()
      await disk?.remove()
    },
  }
}
