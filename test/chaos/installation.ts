// The system under test, as the suite sees it: processes that can be harmed, engines that can be taken away, and its books.
import type { TcpProxy } from '@waybill/platform/testing'
import type { Books } from './books.ts'
import type { SmallDisk } from './small-disk.ts'
import type { WaybillProcess } from './waybill-process.ts'

/** A server of its own that the suite may take away from the processes. */
export interface Engine {
  /** In good order. */
  stop(): Promise<void>
  /** As a crash would. */
  kill(): Promise<void>
  /** Resolves when it answers. */
  start(): Promise<void>
}

/** What stands between a process and its engines. */
export interface Doors {
  database: TcpProxy
  broker: TcpProxy
}

export interface Installation {
  /** Where clients call. */
  readonly url: string
  readonly processes: WaybillProcess[]
  readonly books: Books
  /** Where the LOCAL cloud keeps its files. */
  readonly cloudFolder: string
  /** The cloud's disk, where it is one that can be filled. */
  readonly disk: SmallDisk | undefined
  /** By the name of the process. */
  readonly doors: Map<string, Doors>
  readonly broker: Engine | undefined
  readonly database: Engine | undefined
  /** AMQP, past all doors. */
  readonly brokerUrl: string | undefined
  /** Starts what clients need to be served; resolves when they are. */
  start(): Promise<void>
  /** Ends everything and removes what can be removed. */
  stop(): Promise<void>
}
