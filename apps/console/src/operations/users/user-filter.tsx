// Narrows a list to one user, found by name or e-mail: ids mean nothing to people. Who is chosen stands in the address.
import { Select } from '@mantine/core'
import { useSearchParams } from 'react-router'
import { narrowed } from '../../lists/state-filter.tsx'
import { labelOf, useListedUser, useUserDirectory } from './user-directory.ts'

const param = 'user'
const shownAtOnce = 50

/** Whose things are asked for. */
export function useWhose(): { user_id: string } | { all: true } {
  const [search] = useSearchParams()
  const user = search.get(param)
  return user ? { user_id: user } : { all: true }
}

export function UserFilter() {
  const [search, setSearch] = useSearchParams()
  const directory = useUserDirectory()
  const id = search.get(param) ?? ''
  const chosen = useListedUser(id)
  const listed = directory.data?.users ?? []
  const users = chosen && !directory.data?.byId.has(id) ? [chosen, ...listed] : listed
  return (
    <Select
      label="User"
      placeholder="All users: type a name or an e-mail"
      description={
        directory.data?.isWhole === false ? 'The newest 1,000; the others are found under Users.' : undefined
      }
      w={{ base: '100%', xs: 340 }}
      searchable
      clearable
      limit={shownAtOnce}
      nothingFoundMessage={directory.isPending ? 'Loading the users …' : 'Nobody of that name'}
      clearButtonProps={{ 'aria-label': 'All users' }}
      value={id === '' ? null : id}
      data={users.map(user => ({ value: user.id, label: labelOf(user) }))}
      onChange={value => setSearch(narrowed(search, param, value ?? ''), { replace: true })}
    />
  )
}
