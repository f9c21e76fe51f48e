// Who one is: name, password, and what others need to know of the account.
import { Anchor, Button, Code, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { isWaybillError, type User } from '@waybill/sdk'
import { useState } from 'react'
import { Link } from 'react-router'
import { formatTime } from '../amounts.ts'
import { Answer } from '../answers/answer.tsx'
import { areAllAt, fieldErrorsOf } from '../answers/field-errors.ts'
import { Trouble } from '../answers/trouble.tsx'
import { useMe } from '../session/session.ts'
import { Facts } from '../shell/facts.tsx'
import { Panel } from '../shell/panel.tsx'
import { Screen } from '../shell/screen.tsx'
import { waybill } from '../waybill.ts'

export function AccountScreen() {
  const me = useMe()
  return (
    <Screen title="Your account">
      <Answer query={me} what="your account">
        {user => (
          <Stack maw={640}>
            <About user={user} />
            <ChangeName name={user.name} />
            <ChangePassword email={user.email} />
          </Stack>
        )}
      </Answer>
    </Screen>
  )
}

function About({ user }: { user: User }) {
  const cloud = (
    <Anchor component={Link} to="/cloud" underline="always">
      {user.cloud ?? 'Choose one'}
    </Anchor>
  )
  return (
    <Panel title="About you">
      <Facts
        facts={[
          ['E-mail', user.email],
          ['Role', user.role === 'operator' ? 'Operator' : 'Customer'],
          ['Cloud', cloud],
          ['Account in the cloud', <Code key="account">{user.account}</Code>],
          ['User', <Code key="id">{user.id}</Code>],
          ['Since', formatTime(user.created_at)],
        ]}
      />
    </Panel>
  )
}

function ChangeName({ name }: { name: string }) {
  const [typed, setTyped] = useState(name)
  const cache = useQueryClient()
  const changing = useMutation({
    mutationFn: () => waybill.me.change({ name: typed }),
    onSuccess(user) {
      cache.setQueryData(['me'], user)
      notifications.show({ title: 'Name changed', message: `You are ${user.name} now.` })
    },
  })
  return (
    <Panel title="Name">
      <form
        onSubmit={event => {
          event.preventDefault()
          changing.mutate()
        }}
      >
        <Stack align="flex-start">
          {changing.isError && !areAllAt(changing.error, ['name']) && <Trouble error={changing.error} />}
          <TextInput
            label="Name"
            autoComplete="name"
            required
            withAsterisk={false}
            maxLength={100}
            w="100%"
            value={typed}
            onChange={event => setTyped(event.currentTarget.value)}
            error={fieldErrorsOf(changing.error).name}
          />
          <Button type="submit" disabled={typed.trim() === '' || typed === name} loading={changing.isPending}>
            Change the name
          </Button>
        </Stack>
      </form>
    </Panel>
  )
}

const noPasswords = { current_password: '', password: '' }

function ChangePassword({ email }: { email: string }) {
  const [passwords, setPasswords] = useState(noPasswords)
  const changing = useMutation({
    mutationFn: () => waybill.me.change(passwords),
    onSuccess() {
      setPasswords(noPasswords)
      notifications.show({ title: 'Password changed', message: 'You are signed out everywhere but here.' })
    },
  })
  const isWrong = isWaybillError(changing.error, 'WRONG_PASSWORD')
  const errors = fieldErrorsOf(changing.error)
  const set = (field: keyof typeof noPasswords) => (event: React.ChangeEvent<HTMLInputElement>) => {
    const { value } = event.currentTarget
    setPasswords(before => ({ ...before, [field]: value }))
  }
  return (
    <Panel title="Password">
      <form
        onSubmit={event => {
          event.preventDefault()
          changing.mutate()
        }}
      >
        <Stack align="flex-start">
          {changing.isError && !isWrong && !areAllAt(changing.error, Object.keys(noPasswords)) && (
            <Trouble error={changing.error} />
          )}
          <Text size="sm" c="dimmed">
            A new password signs you out of every other device.
          </Text>
          {/* Password managers know by it whose password this is. */}
          <input type="text" hidden readOnly autoComplete="username" value={email} />
          <PasswordInput
            label="Current password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            w="100%"
            value={passwords.current_password}
            onChange={set('current_password')}
            error={isWrong ? 'This is not your current password.' : errors.current_password}
          />
          <PasswordInput
            label="New password"
            description="At least 10 characters."
            autoComplete="new-password"
            required
            withAsterisk={false}
            minLength={10}
            maxLength={128}
            w="100%"
            value={passwords.password}
            onChange={set('password')}
            error={errors.password}
          />
          <Button type="submit" loading={changing.isPending}>
            Change the password
          </Button>
        </Stack>
      </form>
    </Panel>
  )
}
