// Who the users are, for lists that know only their ids: the newest ones in one answer, others one by one.
import { useQuery } from '@tanstack/react-query'
import type { UserRecord } from '@waybill/sdk'
import { waybill } from '../../waybill.ts'

const listedAtMost = 1_000
const freshMilliseconds = 60_000

export interface UserDirectory {
  users: UserRecord[]
  byId: ReadonlyMap<string, UserRecord>
  /** These are all users. */
  isWhole: boolean
}

export function useUserDirectory() {
  return useQuery({
    queryKey: ['users', 'directory'],
    staleTime: freshMilliseconds,
    queryFn: async ({ signal }): Promise<UserDirectory> => {
      const users: UserRecord[] = []
      let isWhole = true
      for await (const { items, next_cursor } of waybill.users.list({ limit: 100, signal }).pages()) {
        users.push(...items)
        isWhole = next_cursor === null
        if (users.length >= listedAtMost) break
      }
      return { users, byId: new Map(users.map(user => [user.id, user])), isWhole }
    },
  })
}

export function useUser(id: string, { isWanted = true } = {}) {
  return useQuery({
    queryKey: ['users', id],
    staleTime: freshMilliseconds,
    queryFn: ({ signal }) => waybill.users.get(id, { signal }),
    enabled: isWanted && id !== '',
  })
}

/** As the directory knows them, else asked for; undefined until known. */
export function useListedUser(id: string): UserRecord | undefined {
  const directory = useUserDirectory()
  const listed = directory.data?.byId.get(id)
  const asked = useUser(id, { isWanted: directory.isFetched && listed === undefined })
  return listed ?? asked.data
}

export const labelOf = ({ name, email }: Pick<UserRecord, 'name' | 'email'>): string => `${name} (${email})`
