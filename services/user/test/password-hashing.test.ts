import { startService, until } from '@waybill/platform/testing'
import { expect, test } from 'vitest'
import { argon2id, createPasswordHashing, nobodysHash } from '../src/bo/password-hashing.ts'
import { createUserService } from '../src/user-service.ts'
import { newEmail, signIn } from './people.ts'

test('two passwords are hashed at once, a few wait their turn, and the rest are told to come again', async () => {
  const held: (() => void)[] = []
  let atWork = 0
  let mostAtWork = 0
  const passwords = createPasswordHashing({
    waitingAtMost: 3,
    functions: {
      hash: async () => 'hash',
      async verify() {
        mostAtWork = Math.max(mostAtWork, ++atWork)
        await new Promise<void>(resolve => held.push(resolve))
        atWork--
        return false
      },
    },
  })
  const host = await startService([it => createUserService(it, passwords)])
  try {
    const statuses: number[] = []
    const retryAfter: (string | null)[] = []
    const all = Array.from({ length: 9 }, async () => {
      const { status, headers, body } = await signIn(host, newEmail())
      statuses.push(status)
      if (status !== 503) return
      retryAfter.push(headers.get('retry-after'))
      expect(body).toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', retryable: true })
    })
    // Two at work and three waiting leave four of nine.
    await until(
      () => statuses,
      seen => seen.length === 4,
    )
    expect(statuses).toEqual([503, 503, 503, 503])
    expect(retryAfter.every(seconds => Number(seconds) > 0)).toBe(true)
    for (let answered = 0; answered < 5; answered++) {
      await until(
        () => held.length,
        count => count > 0,
      )
      held.shift()!()
    }
    await Promise.all(all)
    expect(statuses.filter(status => status === 401)).toHaveLength(5)
    expect(mostAtWork).toBe(2)
  } finally {
    await host.stop()
  }
})

test('a hash that fails frees its place', async () => {
  let fails = true
  const passwords = createPasswordHashing({
    atOnce: 1,
    waitingAtMost: 0,
    functions: {
      hash: async () => {
        if (fails) throw new Error('no memory')
        return 'hash'
      },
      verify: async () => true,
    },
  })
  await expect(passwords.hash('a')).rejects.toThrow('no memory')
  fails = false
  expect(await passwords.hash('a')).toBe('hash')
})

test('what is verified where there is no user is as slow as any password, and matches none', async () => {
  const cost = (hash: string) => hash.split('$').slice(0, 4).join('$')
  expect(cost(nobodysHash)).toBe(cost(await argon2id.hash('any password')))
  expect(await argon2id.verify(nobodysHash, 'any password')).toBe(false)
})
