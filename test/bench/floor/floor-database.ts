// Opens the database and the carrier of a floor: those of the topology that it stands beside.
import { type Carrier, carryInMemory } from './carrier.ts'
import type { FloorStore } from './floor-store.ts'
import { openMysqlStore } from './mysql-store.ts'
import { carryByRabbit } from './rabbit-carrier.ts'
import { openSqliteStore } from './sqlite-store.ts'

/** Without URLs: a SQLite file in the floor's folder, and memory. */
export interface FloorEngines {
  databaseUrl?: string
  brokerUrl?: string
}

export function openFloorStore(home: string, { databaseUrl }: FloorEngines): FloorStore {
  return databaseUrl === undefined ? openSqliteStore(home) : openMysqlStore(databaseUrl)
}

export async function openCarrier(queue: string, store: FloorStore, { brokerUrl }: FloorEngines): Promise<Carrier> {
  return brokerUrl === undefined ? carryInMemory() : carryByRabbit(brokerUrl, queue, store)
}
