// Signing in, with a sentence about why one has to, and back to where one was.
import { Alert, Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, Navigate, useLocation, useSearchParams } from 'react-router'
import { Trouble } from '../answers/trouble.tsx'
import { FrontDoor } from './front-door.tsx'
import { nextPath } from './next.ts'
import { signIn, useSessionState } from './session.ts'

const reasons = {
  expired: 'Your session has ended. Sign in again, and you are back where you were.',
  'signed-out-elsewhere': 'You signed out in another tab.',
  'signed-out': undefined,
}

export function SignInScreen() {
  const state = useSessionState()
  const [search] = useSearchParams()
  const location = useLocation()
  const [email, setEmail] = useState<string>(location.state?.email ?? '')
  const [password, setPassword] = useState('')
  const signing = useMutation({ mutationFn: () => signIn({ email, password }) })
  if (state === 'signed-in') return <Navigate to={nextPath(search)} replace />
  const reason = reasons[state]
  return (
    <FrontDoor title="Sign in" lead="Welcome back.">
      {reason && (
        <Alert role="status" color="indigo">
          {reason}
        </Alert>
      )}
      {signing.isError && <Trouble error={signing.error} />}
      <form
        onSubmit={event => {
          event.preventDefault()
          signing.mutate()
        }}
      >
        <Stack>
          <TextInput
            label="E-mail"
            type="email"
            autoComplete="username"
            required
            withAsterisk={false}
            value={email}
            onChange={event => setEmail(event.currentTarget.value)}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            onChange={event => setPassword(event.currentTarget.value)}
          />
          <Button type="submit" loading={signing.isPending}>
            Sign in
          </Button>
        </Stack>
      </form>
      <Text size="sm">
        New here?{' '}
        <Anchor component={Link} to={{ pathname: '/sign-up', search: search.toString() }} underline="always">
          Make an account
        </Anchor>
      </Text>
    </FrontDoor>
  )
}
