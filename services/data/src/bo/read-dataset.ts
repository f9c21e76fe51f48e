// A page of a dataset out of the user's cloud, as it is now.
import type { PageQuery } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import { type Clock, rfc3339 } from '@waybill/platform/clock'
import type { Cursors } from '@waybill/platform/http'
import type { RecordsPage } from '../models/records-page.ts'
import { askCloud } from './cloud-refusals.ts'
import type { OpenUsersCloud } from './open-users-cloud.ts'

interface Needs {
  openUsersCloud: OpenUsersCloud
  cursors: Cursors
  clock: Clock
}

export type ReadDataset = ReturnType<typeof createReadDataset>

export function createReadDataset({ openUsersCloud, cursors, clock }: Needs) {
  return async (caller: Principal, dataset: string, { limit, cursor }: PageQuery): Promise<RecordsPage> => {
    const cloud = await openUsersCloud(caller)
    const list = `data ${cloud.name} ${caller.account} ${dataset}`
    const position = cursor === undefined ? undefined : cursors.decode(list, cursor)
    const asOf = clock.now()
    const { records, next } = await askCloud(cloud.getData(caller.account, dataset, position, limit))
    return {
      cloud: cloud.name,
      dataset,
      asOf: rfc3339(asOf),
      records,
      nextCursor: next === null ? null : cursors.encode(list, next),
    }
  }
}
