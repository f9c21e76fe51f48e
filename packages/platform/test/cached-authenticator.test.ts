// What a process remembers of who is calling, and what it asks for anew.
import { uuidv7 } from 'uuidv7'
import { expect, test } from 'vitest'
import { CachedAuthenticator, type Principal } from '../src/auth/index.ts'
import { MovableClock } from '../src/clock/index.ts'

const principal: Principal = {
  ...{ user_id: uuidv7(), session_id: uuidv7(), role: 'customer', cloud: 'LOCAL', account: uuidv7() },
  expires_at: Number.MAX_SAFE_INTEGER,
}

test('an answer is kept for five seconds, but not that of a user without a cloud, who may order as soon as there is one', async () => {
  const clock = new MovableClock()
  let known: Principal = { ...principal, cloud: null }
  let asked = 0
  const judge = {
    authenticate: async () => {
      asked++
      return known
    },
  }
  const authenticator = new CachedAuthenticator(judge, clock)
  expect((await authenticator.authenticate('token'))?.cloud).toBeNull()
  // Registered at another process, whose event is still on its way.
  known = principal
  expect((await authenticator.authenticate('token'))?.cloud).toBe('LOCAL')
  await authenticator.authenticate('token')
  expect(asked).toBe(2)
  clock.advance(5_001)
  await authenticator.authenticate('token')
  expect(asked).toBe(3)
})
