// The datasets that a user can read in their cloud, now.
import type { Dataset } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import { type Clock, rfc3339 } from '@waybill/platform/clock'
import { askCloud } from './cloud-refusals.ts'
import type { OpenUsersCloud } from './open-users-cloud.ts'

interface Needs {
  openUsersCloud: OpenUsersCloud
  clock: Clock
}

export interface DatasetList {
  cloud: string
  as_of: string
  datasets: Dataset[]
}

export type ListDatasets = ReturnType<typeof createListDatasets>

export function createListDatasets({ openUsersCloud, clock }: Needs) {
  return async (caller: Principal): Promise<DatasetList> => {
    const cloud = await openUsersCloud(caller)
    const asOf = clock.now()
    const datasets = await askCloud(cloud.listDatasets(caller.account))
    return {
      cloud: cloud.name,
      as_of: rfc3339(asOf),
      datasets: datasets.map(({ name, bytes, updatedAt }) => ({ name, bytes, updated_at: rfc3339(updatedAt) })),
    }
  }
}
