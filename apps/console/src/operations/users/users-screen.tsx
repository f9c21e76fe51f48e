// All users, newest first. Names and e-mails are searched here, page after page, as the API knows no search.
import { Anchor, Badge, Box, Group, Stack, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import type { UserRecord } from '@waybill/sdk'
import { useEffect, useState } from 'react'
import { Link } from 'react-router'
import { formatAge, formatCount, formatTime } from '../../amounts.ts'
import { Empty } from '../../answers/empty.tsx'
import { type Column, DataTable } from '../../lists/data-table.tsx'
import { GrowingList, useList } from '../../lists/growing-list.tsx'
import { StateBadge } from '../../orders/order-words.tsx'
import { Screen } from '../../shell/screen.tsx'
import { waybill } from '../../waybill.ts'

/** A search reads on by itself up to here; beyond, the button does. */
const searchedAtMost = 2_000

const columns: Column<UserRecord>[] = [
  {
    header: 'User',
    cell: user => (
      <Stack gap={0}>
        <Anchor component={Link} to={`/operations/users/${user.id}`} fw={600}>
          {user.name}
        </Anchor>
        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {user.email}
        </Text>
        <Box hiddenFrom="xs" mt={4}>
          <Access user={user} />
        </Box>
      </Stack>
    ),
  },
  { header: 'Access', wideOnly: true, cell: user => <Access user={user} /> },
  { header: 'Cloud', wideOnly: true, cell: ({ cloud }) => cloud ?? 'None yet' },
  {
    header: 'Since',
    wideOnly: true,
    cell: ({ created_at }) => <span title={formatTime(created_at)}>{formatAge(created_at)}</span>,
  },
]

export function Access({ user: { role, disabled } }: { user: Pick<UserRecord, 'role' | 'disabled'> }) {
  return (
    <Group gap={4}>
      <Badge variant="outline" color={role === 'operator' ? 'indigo' : 'gray'} tt="none">
        {role === 'operator' ? 'Operator' : 'Customer'}
      </Badge>
      {disabled && <StateBadge look={{ label: 'Disabled', color: 'red' }} />}
    </Group>
  )
}

export function UsersScreen() {
  const [typed, setTyped] = useState('')
  const [search] = useDebouncedValue(typed.trim().toLowerCase(), 150)
  const users = useList({ queryKey: ['users', 'list'], read: page => waybill.users.list({ ...page, limit: 100 }) })
  const { hasNextPage, isFetching, isError, fetchNextPage } = users
  const count = users.data?.pages.reduce((sum, { items }) => sum + items.length, 0) ?? 0
  const readsOn = search !== '' && hasNextPage && !isFetching && !isError && count < searchedAtMost
  useEffect(() => {
    if (readsOn) void fetchNextPage()
  }, [readsOn, fetchNextPage])
  return (
    <Screen title="Users" lead="Everybody who has an account here, newest first.">
      <TextInput
        label="Search"
        placeholder="Name, e-mail or account"
        type="search"
        maw={420}
        value={typed}
        onChange={event => setTyped(event.currentTarget.value)}
      />
      <GrowingList query={users} what="users" empty={null}>
        {rows => <Found rows={rows} search={search} isWhole={!hasNextPage} />}
      </GrowingList>
    </Screen>
  )
}

function Found({ rows, search, isWhole }: { rows: UserRecord[]; search: string; isWhole: boolean }) {
  const found = rows.filter(({ name, email, account, id }) =>
    [name, email, account, id].some(text => text.toLowerCase().includes(search)),
  )
  const of = isWhole ? formatCount(rows.length, 'user') : `the newest ${formatCount(rows.length, 'user')}`
  return (
    <Stack gap="xs">
      <Text size="sm" c="dimmed" role="status">
        {search === '' ? `${isWhole ? 'All ' : ''}${of}` : `${found.length.toLocaleString('en')} of ${of}`}
      </Text>
      {found.length === 0 ? (
        <Empty title="Nobody of that name">Neither a name nor an e-mail nor an account has this in it.</Empty>
      ) : (
        <DataTable label="Users" columns={columns} rows={found} keyOf={({ id }) => id} />
      )}
    </Stack>
  )
}
