// One user: who they are, what they may do, where their data lies, and whether they may come in.
import { Anchor, Button, Code, Group, Stack, Text, TextInput } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { UserChanges, UserRecord } from '@waybill/sdk'
import { type ReactNode, useState } from 'react'
import { Link, useParams } from 'react-router'
import { formatTime } from '../../amounts.ts'
import { Answer } from '../../answers/answer.tsx'
import { areAllAt, fieldErrorsOf } from '../../answers/field-errors.ts'
import { Trouble } from '../../answers/trouble.tsx'
import { useMe } from '../../session/session.ts'
import { Facts } from '../../shell/facts.tsx'
import { Panel } from '../../shell/panel.tsx'
import { Screen } from '../../shell/screen.tsx'
import { waybill } from '../../waybill.ts'
import { useUser } from './user-directory.ts'
import { Access } from './users-screen.tsx'

export function UserScreen() {
  const { id = '' } = useParams()
  const user = useUser(id)
  return (
    <Screen key={id} title={user.data?.name ?? 'User'} lead={user.data && <About user={user.data} />}>
      <Answer query={user} what="the user">
        {user => (
          <Stack maw={720}>
            <Details user={user} />
            <Account user={user} />
            <Role user={user} />
            <SignIn user={user} />
          </Stack>
        )}
      </Answer>
    </Screen>
  )
}

function About({ user }: { user: UserRecord }) {
  return (
    <Group gap="xs">
      <Access user={user} />
      <Anchor component={Link} to="/operations/users" underline="always">
        All users
      </Anchor>
    </Group>
  )
}

function Details({ user }: { user: UserRecord }) {
  const things = ['orders', 'processes', 'payments']
  return (
    <Panel title="Details">
      <Facts
        facts={[
          ['E-mail', user.email],
          ['Cloud', user.cloud ?? 'None yet'],
          ['Account in the cloud', <Code key="account">{user.account}</Code>],
          ['Since', formatTime(user.created_at)],
          ['Last change', formatTime(user.updated_at)],
          ['User', <Code key="id">{user.id}</Code>],
          [
            'Look at',
            <Group key="links" gap="md">
              {things.map(thing => (
                <Anchor key={thing} component={Link} to={`/operations/${thing}?user=${user.id}`} underline="always">
                  Their {thing}
                </Anchor>
              ))}
            </Group>,
          ],
        ]}
      />
    </Panel>
  )
}

function useChange(user: UserRecord, told: (changed: UserRecord) => string) {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (changes: UserChanges) => waybill.users.change(user.id, changes),
    async onSuccess(changed) {
      notifications.show({ title: changed.name, message: told(changed) })
      cache.setQueryData(['users', user.id], changed)
      await cache.invalidateQueries({ queryKey: ['users'] })
      await cache.invalidateQueries({ queryKey: ['me'] })
    },
  })
}

function Account({ user }: { user: UserRecord }) {
  const [typed, setTyped] = useState(user.account)
  const changing = useChange(user, ({ account }) => `Their account is ${account} now.`)
  return (
    <Panel title="Account">
      <form
        onSubmit={event => {
          event.preventDefault()
          changing.mutate({ account: typed })
        }}
      >
        <Stack align="flex-start">
          {changing.isError && !areAllAt(changing.error, ['account']) && <Trouble error={changing.error} />}
          <TextInput
            label="Account in the cloud"
            description="The folder, key prefix or MClass account that their data is read from and delivered to. Another one shows them other data at once; orders under way stay with the old one."
            required
            withAsterisk={false}
            maxLength={100}
            w="100%"
            value={typed}
            onChange={event => setTyped(event.currentTarget.value)}
            error={fieldErrorsOf(changing.error).account}
          />
          <Button type="submit" disabled={typed === '' || typed === user.account} loading={changing.isPending}>
            Change the account
          </Button>
        </Stack>
      </form>
    </Panel>
  )
}

function Role({ user }: { user: UserRecord }) {
  const isOperator = user.role === 'operator'
  const changing = useChange(user, ({ role }) => (role === 'operator' ? 'An operator now.' : 'A customer now.'))
  return (
    <Panel title="Role">
      <AskFirst
        says={
          isOperator
            ? 'Operators see the orders and payments of everybody, give money back, and change clouds, prices and users.'
            : 'Customers see and order their own data alone.'
        }
        button={isOperator ? 'Make a customer' : 'Make an operator'}
        title={isOperator ? `Take operators' rights from ${user.name}?` : `Make ${user.name} an operator?`}
        consequences={
          isOperator
            ? 'They keep their own orders and data, and see nothing of others any more, within five seconds.'
            : 'They will see everything of everybody, may give money back, and may make and unmake other operators.'
        }
        isPending={changing.isPending}
        error={changing.error}
        onConfirm={() => changing.mutate({ role: isOperator ? 'customer' : 'operator' })}
      />
    </Panel>
  )
}

function SignIn({ user }: { user: UserRecord }) {
  const me = useMe()
  const changing = useChange(user, ({ disabled }) =>
    disabled ? 'They are out, everywhere.' : 'They may sign in again.',
  )
  const isMyself = me.data?.id === user.id
  return (
    <Panel title="Access">
      <AskFirst
        says={
          user.disabled
            ? 'Disabled: nobody can sign in with this e-mail. Data, orders and payments are still there.'
            : 'May sign in.'
        }
        button={user.disabled ? 'Let them in again' : 'Disable'}
        title={user.disabled ? `Let ${user.name} in again?` : `Disable ${isMyself ? 'yourself' : user.name}?`}
        consequences={
          user.disabled
            ? 'They may sign in with the password that they had. Their old sessions stay ended.'
            : `${isMyself ? 'You are' : 'They are'} signed out everywhere within five seconds and cannot sign in. Orders that are under way go on, and are paid. It can be undone here.`
        }
        isPending={changing.isPending}
        error={changing.error}
        onConfirm={() => changing.mutate({ disabled: !user.disabled })}
      />
    </Panel>
  )
}

interface AskFirstProps {
  says: ReactNode
  button: string
  title: string
  consequences: string
  isPending: boolean
  error: Error | null
  onConfirm: () => void
}

function AskFirst({ says, button, title, consequences, isPending, error, onConfirm }: AskFirstProps) {
  const ask = () =>
    modals.openConfirmModal({
      title,
      children: <Text size="sm">{consequences}</Text>,
      labels: { confirm: button, cancel: 'Leave it' },
      confirmProps: { color: 'red' },
      onConfirm,
    })
  return (
    <Stack align="flex-start">
      {error && <Trouble error={error} />}
      <Text size="sm">{says}</Text>
      <Button variant="default" loading={isPending} onClick={ask}>
        {button}
      </Button>
    </Stack>
  )
}
