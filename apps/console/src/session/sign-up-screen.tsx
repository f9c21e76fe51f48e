// Making an account, with the cloud that one's data lives in; signed in right away.
import { Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, Navigate, useNavigate, useSearchParams } from 'react-router'
import { areAllAt, fieldErrorsOf } from '../answers/field-errors.ts'
import { Trouble } from '../answers/trouble.tsx'
import { CloudChoice } from '../clouds/cloud-choice.tsx'
import { waybill } from '../waybill.ts'
import { FrontDoor } from './front-door.tsx'
import { nextPath } from './next.ts'
import { signIn, useSessionState } from './session.ts'

export function SignUpScreen() {
  const [search] = useSearchParams()
  const state = useSessionState()
  const [user, setUser] = useState({ name: '', email: '', password: '' })
  const navigate = useNavigate()
  const [cloud, setCloud] = useState<string>()
  const signingUp = useMutation({
    mutationFn: async () => {
      await waybill.signUp({ ...user, cloud })
      await signIn({ email: user.email, password: user.password }).catch(async () => {
        // It is made: trying again here would only say that the address is taken.
        await navigate({ pathname: '/sign-in', search: search.toString() }, { state: { email: user.email } })
      })
    },
  })
  if (state === 'signed-in') return <Navigate to={nextPath(search)} replace />
  const errors = fieldErrorsOf(signingUp.error)
  const set = (field: keyof typeof user) => (event: React.ChangeEvent<HTMLInputElement>) => {
    const { value } = event.currentTarget
    setUser(before => ({ ...before, [field]: value }))
  }
  return (
    <FrontDoor title="Make an account" lead="A minute, and you see your data.">
      {signingUp.isError && !areAllAt(signingUp.error, Object.keys(user)) && <Trouble error={signingUp.error} />}
      <form
        onSubmit={event => {
          event.preventDefault()
          signingUp.mutate()
        }}
      >
        <Stack>
          <TextInput
            label="Name"
            autoComplete="name"
            required
            withAsterisk={false}
            maxLength={100}
            value={user.name}
            onChange={set('name')}
            error={errors.name}
          />
          <TextInput
            label="E-mail"
            type="email"
            autoComplete="username"
            required
            withAsterisk={false}
            value={user.email}
            onChange={set('email')}
            error={errors.email}
          />
          <PasswordInput
            label="Password"
            description="At least 10 characters."
            autoComplete="new-password"
            required
            withAsterisk={false}
            minLength={10}
            maxLength={128}
            value={user.password}
            onChange={set('password')}
            error={errors.password}
          />
          <CloudChoice
            label="Where does your data live?"
            description="You can choose later, or change it."
            value={cloud}
            onChange={setCloud}
          />
          <Button type="submit" loading={signingUp.isPending}>
            Make the account
          </Button>
        </Stack>
      </form>
      <Text size="sm">
        Have an account?{' '}
        <Anchor component={Link} to={{ pathname: '/sign-in', search: search.toString() }} underline="always">
          Sign in
        </Anchor>
      </Text>
    </FrontDoor>
  )
}
