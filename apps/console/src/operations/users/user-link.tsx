// Names a user where only the id is known, and leads to their page.
import { Anchor, Text } from '@mantine/core'
import { Link } from 'react-router'
import { useListedUser } from './user-directory.ts'

export function UserLink({ id }: { id: string }) {
  const user = useListedUser(id)
  return (
    <>
      <Anchor component={Link} to={`/operations/users/${id}`} size="sm">
        {user?.name ?? `User ${id.slice(-6)}`}
      </Anchor>
      {user && (
        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {user.email}
        </Text>
      )}
    </>
  )
}
